import { buildNodeProgram, type NodeProgram } from "../../support/programs/node-program.ts";

/** A node that streams the channel `orders` to the user that the path of a request names. */
const PROGRAM = `
  import { createServer } from "node:http";
  import { createSluice } from "./sluice.js";

  const [kind, options] = process.argv.slice(2);
  const { [kind]: makeLog } = await import("./" + kind + ".js");
  const sluice = createSluice({ log: makeLog(JSON.parse(options)), nodeTimeout: 1_000 });
  const orders = sluice.channel("orders");
  await orders.position();
  const serve = (req, res) =>
    void sluice.stream(req, res, orders.subscribe(), { subscriber: { user: req.url.slice(1) } });
  const server = createServer(serve).listen(0, "127.0.0.1");
  process.on("message", () => process.send({ answer: server.address().port }));
  process.on("disconnect", () => process.exit());
`;

/** Builds a program for a process of its own. Its argument names a log: `lmdbLog` or `redisLog`. */
export function buildStreamServer(): Promise<NodeProgram> {
  return buildNodeProgram(PROGRAM);
}
