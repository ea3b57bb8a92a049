// @ts-check
/** A node: a program as users write it. It streams channels of a shared log, and publishes what its parent sends. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { createSluice } from "sluice";
import { DOC_CHANNEL, JUDGED_CHANNELS, MAIN_CHANNEL, SIDE_CHANNEL, smaller } from "../channels/names.mjs";
import { DOC, MAIN, SIDE } from "../clients/combined-parts.mjs";
import { watchLog } from "./watched-log.mjs";

/** @typedef {import("./node-handle.mjs").NodeOptions} NodeOptions */

const PROGRESS_EVERY_MS = 100;
const SIDE_EVERY_MS = 50;
/** Shorter than the pauses of quiet channels. */
const IDLE_TIMEOUT_MS = 400;

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
 * The positions of events whose publishing is in flight, by their channel and data.
 * @type {Map<string, import("../history.mjs").Position>}
 */
const positions = new Map();
const keyOf = (/** @type {string} */ channel, /** @type {string} */ text) => `${channel} ${text}`;

const messageOf = (/** @type {unknown} */ error) => (error instanceof Error ? error.message : String(error));

/** Sends a message to the parent. @param {object} message */
const send = (message) => process.connected && process.send?.(message);

const sluice = createSluice({
  log: watchLog(await /** @type {() => Promise<import("sluice").Log>} */ (LOGS[log.kind])(), {
    channels: epochs,
    onAppended: (name, data, position) => positions.set(keyOf(name, data), position),
    onLife: (life) => send({ life }),
  }),
  // Far shorter than the defaults, so that a round sees many of each.
  retry: 150,
  heartbeat: 500,
  nodeTimeout: 2_500,
  idleTimeout: IDLE_TIMEOUT_MS,
  onError: (error, context) => send({ failed: messageOf(error), context }),
});
/** @type {import("sluice").Jobs<number, string>} */
const jobs = sluice.jobs("chaos", { retain });
/** Returns a channel. Each call names the options: a closed channel may be forgotten. @param {string} name */
function channelOf(name) {
  const isMain = !JUDGED_CHANNELS.includes(name) || name === MAIN_CHANNEL;
  // Floods have more bytes than the default keeps.
  const kept = { ...(isMain ? retain : smaller(retain)), bytes: Number.POSITIVE_INFINITY };
  return sluice.channel(name, { retain: kept, window: isMain ? window : smaller(window) });
}

let isDraining = false;
/** Aborted unless the judged channels must stay open. */
let held = new AbortController();
held.abort();

/**
 * Follows a channel until the signal aborts.
 * @param {string} name
 * @param {AbortSignal} signal
 */
async function follow(name, signal) {
  while (!signal.aborted) {
    try {
      for await (const _ of channelOf(name).subscribe({ topics: "*", signal }));
    } catch {
      await wait(PROGRESS_EVERY_MS);
    }
  }
}

const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? "/", "http://node");
  if (pathname === "/job") return void sluice.stream(req, res, jobs.progress(searchParams.get("id") ?? ""));
  const topics = searchParams.get("topics");
  /** @type {import("sluice").SubscribeOptions} */
  const options = topics === null ? {} : { topics: topics === "*" ? "*" : topics.split(",") };
  const subscribe = (/** @type {string} */ name) => channelOf(name).subscribe(options);
  const source = () =>
    searchParams.has("combined")
      ? sluice.combine({
          [MAIN]: subscribe(MAIN_CHANNEL),
          [SIDE]: channelOf(SIDE_CHANNEL).subscribe(),
          [DOC]: subscribe(DOC_CHANNEL),
        })
      : subscribe(searchParams.get("channel") ?? MAIN_CHANNEL);
  const connection = Number(searchParams.get("connection"));
  const subscriber = { user: searchParams.get("user") ?? "" };
  void sluice.stream(req, res, source, { subscriber }).then((reason) => send({ ended: { connection, reason } }));
});

/** @type {Record<string, (message: any) => void>} */
const commands = {
  async publish({ call, channel, data, topics, id }) {
    const key = keyOf(channel, JSON.stringify(data));
    try {
      const options = { ...(topics && { topics }), ...(id && { id }) };
      const acknowledged = await channelOf(channel).publish("chaos", data, options);
      send({ call, id: acknowledged, position: positions.get(key) });
    } catch (error) {
      send({ call, error: messageOf(error) });
    } finally {
      positions.delete(key);
    }
  },
  async publishAll({ call, channel, data, topics }) {
    const keys = data.map((/** @type {object} */ each) => keyOf(channel, JSON.stringify(each)));
    try {
      const options = topics && { topics };
      const ids = await channelOf(channel).publishAll(
        data.map((/** @type {object} */ each) => ({ type: "chaos", data: each, ...options })),
      );
      send({ call, ids, positions: keys.map((/** @type {string} */ key) => positions.get(key)) });
    } catch (error) {
      send({ call, error: messageOf(error) });
    } finally {
      for (const key of keys) positions.delete(key);
    }
  },
  async delete({ call, channel }) {
    await answer(call, async () => channelOf(channel).delete());
  },
  async close({ call, channel }) {
    await answer(call, async () => held.signal.aborted && channelOf(channel).close());
  },
  async hold({ call }) {
    held = new AbortController();
    for (const channel of JUDGED_CHANNELS) void follow(channel, held.signal);
    await answer(call, () => Promise.all(JUDGED_CHANNELS.map((channel) => channelOf(channel).history({ limit: 1 }))));
  },
  async release({ call }) {
    await answer(call, async () => held.abort());
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
    await answer(call, () => published);
  },
  async disconnect({ call, user }) {
    await answer(call, () => sluice.disconnect({ user }, { cluster: true }));
  },
  presence({ call }) {
    const { subscribers, topics, nodes } = sluice.presence(MAIN_CHANNEL);
    send({ call, presence: { subscribers, topics: Object.fromEntries(topics), nodes } });
  },
  async drain({ timeout }) {
    isDraining = true;
    await sluice.drain({ timeout });
    await sluice.close();
    process.exit(0);
  },
};

/** Answers a call of the parent when the work is done. @param {number} call @param {() => Promise<unknown>} work */
async function answer(call, work) {
  await work().then(
    () => send({ call }),
    (error) => send({ call, error: messageOf(error) }),
  );
}

/**
 * Publishes to the second channel, one event at a time. An event whose call failed may still arrive later, so later
 * events have another name.
 */
async function publishToSide() {
  let node = randomUUID();
  for (let number = 1; process.connected && !isDraining; number++) {
    await channelOf(SIDE_CHANNEL)
      .publish("side", { node, number })
      .catch(() => {
        node = randomUUID();
      });
    await wait(SIDE_EVERY_MS);
  }
}

process.on("message", (/** @type {any} */ message) => commands[message.do]?.(message));
process.on("disconnect", () => process.exit(0));
void publishToSide();
server.listen(0, "127.0.0.1", () => send({ listening: /** @type {any} */ (server.address()).port }));
