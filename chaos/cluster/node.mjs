// @ts-check
/** A node: a program as users write it. It streams a channel of a shared log, and publishes what its parent sends. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { createSluice } from "sluice";
import { MAIN, SIDE } from "../clients/combined-parts.mjs";
import { watchLog } from "./watched-log.mjs";

/** @typedef {import("./node-handle.mjs").NodeOptions} NodeOptions */

const CHANNEL = "chaos";
const PROGRESS_EVERY_MS = 100;
const SIDE_EVERY_MS = 50;

/** @type {NodeOptions} */
const { log, retain, window, epochs } = JSON.parse(process.argv[2] ?? "{}");

/** @type {Record<string, () => Promise<import("sluice").Log>>} */
const LOGS = {
  lmdb: async () => (await import("sluice/lmdb")).lmdbLog(log.options),
  redis: async () => (await import("sluice/redis")).redisLog(log.options),
  nats: async () => (await import("sluice/nats")).natsLog(log.options),
  memory: async () => (await import("sluice")).memoryLog(),
};

/**
 * The positions of events whose publishing is in flight, by their data.
 * @type {Map<string, import("../history.mjs").Position>}
 */
const positions = new Map();

/** Sends a message to the parent. @param {object} message */
const send = (message) => process.connected && process.send?.(message);

const sluice = createSluice({
  log: watchLog(await /** @type {() => Promise<import("sluice").Log>} */ (LOGS[log.kind])(), {
    channelName: CHANNEL,
    knownEpochs: epochs,
    onAppended: (data, position) => positions.set(data, position),
    onLife: (epoch, holds) => send({ life: { epoch, holds } }),
  }),
  // Far shorter than the defaults, so that a round sees many of each.
  retry: 150,
  heartbeat: 500,
  nodeTimeout: 2_500,
  onError: (error, context) => send({ failed: error instanceof Error ? error.message : String(error), context }),
});
/** @type {import("sluice").Jobs<number, string>} */
const jobs = sluice.jobs("chaos", { retain });
const channel = sluice.channel(CHANNEL, { retain, window });
/** A second channel, which some streams combine with the first. Each node numbers its events there. */
const side = sluice.channel("side", { retain, window });

const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? "/", "http://node");
  if (pathname === "/job") return void sluice.stream(req, res, jobs.progress(searchParams.get("id") ?? ""));
  const topics = searchParams.get("topics");
  const main = channel.subscribe(topics === null ? {} : { topics: topics === "*" ? "*" : topics.split(",") });
  const source = searchParams.has("combined") ? sluice.combine({ [MAIN]: main, [SIDE]: side.subscribe() }) : main;
  const connection = Number(searchParams.get("connection"));
  const subscriber = { user: searchParams.get("user") ?? "" };
  void sluice.stream(req, res, source, { subscriber }).then((reason) => send({ ended: { connection, reason } }));
});

/** @type {Record<string, (message: any) => void>} */
const commands = {
  async publish({ call, data, topics, id }) {
    const text = JSON.stringify(data);
    try {
      const options = { ...(topics && { topics }), ...(id && { id }) };
      const acknowledged = await channel.publish("chaos", data, options);
      send({ call, id: acknowledged, position: positions.get(text) });
    } catch (error) {
      send({ call, error: error instanceof Error ? error.message : String(error) });
    } finally {
      positions.delete(text);
    }
  },
  async publishAll({ call, data, topics }) {
    const texts = data.map((/** @type {object} */ each) => JSON.stringify(each));
    try {
      const options = topics && { topics };
      const ids = await channel.publishAll(
        data.map((/** @type {object} */ each) => ({ type: "chaos", data: each, ...options })),
      );
      send({ call, ids, positions: texts.map((/** @type {string} */ text) => positions.get(text)) });
    } catch (error) {
      send({ call, error: error instanceof Error ? error.message : String(error) });
    } finally {
      for (const text of texts) positions.delete(text);
    }
  },
  async job({ call, id, ms }) {
    const { published, result } = jobs.start(
      async ({ progress, signal }) => {
        for (let left = ms; left > 0 && !signal.aborted; left -= PROGRESS_EVERY_MS) {
          progress(left).catch(() => {});
          await wait(PROGRESS_EVERY_MS);
        }
        return "done";
      },
      { id },
    );
    result.catch(() => {});
    await published.then(
      () => send({ call }),
      (error) => send({ call, error: error.message }),
    );
  },
  async disconnect({ call, user }) {
    await sluice.disconnect({ user }, { cluster: true }).then(
      () => send({ call }),
      (error) => send({ call, error: error.message }),
    );
  },
  presence({ call }) {
    const { subscribers, topics, nodes } = sluice.presence(CHANNEL);
    send({ call, presence: { subscribers, topics: Object.fromEntries(topics), nodes } });
  },
  async drain({ timeout }) {
    await sluice.drain({ timeout });
    await sluice.close();
    process.exit(0);
  },
};

/**
 * Publishes to the second channel, one event at a time. An event whose call failed may still arrive later, so later
 * events have another name.
 */
async function publishToSide() {
  let node = randomUUID();
  for (let number = 1; process.connected; number++) {
    await side.publish("side", { node, number }).catch(() => {
      node = randomUUID();
    });
    await wait(SIDE_EVERY_MS);
  }
}

process.on("message", (/** @type {any} */ message) => commands[message.do]?.(message));
process.on("disconnect", () => process.exit(0));
void publishToSide();
server.listen(0, "127.0.0.1", () => send({ listening: /** @type {any} */ (server.address()).port }));
