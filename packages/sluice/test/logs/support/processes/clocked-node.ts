import { buildNodeProgram, type NodeProgram } from "../../../support/programs/node-program.ts";

/** Nodes count as dead after this time without a beat, in ms. */
export const NODE_TIMEOUT_MS = 1_000;
/** Retention of the channel `young`, in ms. */
export const AGE_MS = 60_000;
/** Time for which ended jobs are kept, in ms. */
export const KEEP_FOR_MS = 300_000;

/**
 * A node with the channel `young`, whose retention limits the age of events, and with jobs. It streams a job to
 * `/jobs/ID`, and the channel `orders` to `/USER`.
 */
const PROGRAM = `
  import { createServer } from "node:http";
  import { createSluice } from "./sluice.js";

  const [kind, options] = process.argv.slice(2);
  const { [kind]: makeLog } = await import("./" + kind + ".js");
  const sluice = createSluice({ log: makeLog(JSON.parse(options)), nodeTimeout: ${NODE_TIMEOUT_MS} });
  const young = sluice.channel("young", { retain: { age: ${AGE_MS} } });
  const orders = sluice.channel("orders");
  const jobs = sluice.jobs("exports", { keepFor: ${KEEP_FOR_MS} });
  const sourceOf = (path) => (path[0] === "jobs" ? jobs.progress(path[1]) : orders.subscribe());
  const server = createServer((req, res) => {
    const path = req.url.slice(1).split("/");
    void sluice.stream(req, res, sourceOf(path), { subscriber: { user: path[0] } });
  });
  const commands = {
    async start() {
      await orders.position();
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      return { port: server.address().port, time: Date.now() };
    },
    publish: ({ n }) => young.publish("n", n),
    async young() {
      const { events } = await young.history();
      return events.map(({ data }) => data);
    },
    async job() {
      const { id, result } = jobs.start(async ({ progress }) => {
        await progress(50);
        return "done";
      });
      await result;
      return id;
    },
    presence: () => sluice.presence("orders"),
    async disconnect({ user }) {
      await sluice.disconnect({ user }, { cluster: true });
      return true;
    },
  };
  process.on("message", async (message) => process.send({ answer: await commands[message.do](message) }));
  process.on("disconnect", () => process.exit());
`;

/** Builds the program. Its first argument names the log: `lmdbLog`, `redisLog` or `natsLog`. */
export function buildClockedNode(): Promise<NodeProgram> {
  return buildNodeProgram(PROGRAM);
}
