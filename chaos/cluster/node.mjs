// @ts-check
/** One node: a program as users write it, that streams a channel of a shared log and publishes what it is told to by its parent. */
import { createServer } from "node:http";
import { createSluice } from "sluice";
import { watchLog } from "./watched-log.mjs";

/** @typedef {import("./node-handle.mjs").NodeOptions} NodeOptions */

const CHANNEL = "chaos";
const PROGRESS_EVERY_MS = 100;

/** @type {NodeOptions} */
const { log, retain, window, epochs } = JSON.parse(process.argv[2] ?? "{}");

/** @type {Record<string, () => Promise<import("sluice").Log>>} */
const LOGS = {
  lmdb: async () => (await import("sluice/lmdb")).lmdbLog(log.options),
  redis: async () => (await import("sluice/redis")).redisLog(log.options),
  nats: async () => (await import("sluice/nats")).natsLog(log.options),
  memory: async () => (await import("sluice")).memoryLog(),
};

/** Where the log put events, for as long as their publishing is under way. @type {Map<string, [epoch: string, offset: number]>} */
const places = new Map();

/** @param {object} message */
const tell = (message) => process.connected && process.send?.(message);

const sluice = createSluice({
  log: watchLog(
    await /** @type {() => Promise<import("sluice").Log>} */ (LOGS[log.kind])(),
    CHANNEL,
    {
      appended: (data, epoch, offset) => places.set(data, [epoch, offset]),
      lives: (epoch, holds) => tell({ life: { epoch, holds } }),
    },
    epochs,
  ),
  // Everything that takes seconds in real life, sooner.
  retry: 150,
  heartbeat: 500,
  nodeTimeout: 2_500,
  onError: (error, context) => tell({ failed: error instanceof Error ? error.message : String(error), context }),
});
/** @type {import("sluice").Jobs<number, string>} */
const jobs = sluice.jobs("chaos", { retain });
const channel = sluice.channel(CHANNEL, { retain, window });

const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? "/", "http://node");
  if (pathname === "/job") return void sluice.stream(req, res, jobs.progress(searchParams.get("id") ?? ""));
  const topics = searchParams.get("topics");
  const source = channel.subscribe(topics === null ? {} : { topics: topics === "*" ? "*" : topics.split(",") });
  const connection = Number(searchParams.get("connection"));
  const subscriber = { user: searchParams.get("user") ?? "" };
  void sluice.stream(req, res, source, { subscriber }).then((reason) => tell({ ended: { connection, reason } }));
});

/** @type {Record<string, (message: any) => void>} */
const commands = {
  async publish({ call, data, topics, id }) {
    const text = JSON.stringify(data);
    try {
      const options = { ...(topics && { topics }), ...(id && { id }) };
      const acknowledged = await channel.publish("chaos", data, options);
      tell({ call, id: acknowledged, place: places.get(text) });
    } catch (error) {
      tell({ call, error: error instanceof Error ? error.message : String(error) });
    } finally {
      places.delete(text);
    }
  },
  async job({ call, id, ms }) {
    const { published, result } = jobs.start(
      async ({ progress, signal }) => {
        for (let left = ms; left > 0 && !signal.aborted; left -= PROGRESS_EVERY_MS) {
          progress(left).catch(() => {});
          await new Promise((resolve) => setTimeout(resolve, PROGRESS_EVERY_MS));
        }
        return "done";
      },
      { id },
    );
    result.catch(() => {});
    await published.then(
      () => tell({ call }),
      (error) => tell({ call, error: error.message }),
    );
  },
  async disconnect({ call, user }) {
    await sluice.disconnect({ user }, { cluster: true }).then(
      () => tell({ call }),
      (error) => tell({ call, error: error.message }),
    );
  },
  presence({ call }) {
    const { subscribers, topics, nodes } = sluice.presence(CHANNEL);
    tell({ call, presence: { subscribers, topics: Object.fromEntries(topics), nodes } });
  },
  async drain({ timeout }) {
    await sluice.drain({ timeout });
    await sluice.close();
    process.exit(0);
  },
};

process.on("message", (/** @type {any} */ message) => commands[message.do]?.(message));
process.on("disconnect", () => process.exit(0));
server.listen(0, "127.0.0.1", () => tell({ listening: /** @type {any} */ (server.address()).port }));
