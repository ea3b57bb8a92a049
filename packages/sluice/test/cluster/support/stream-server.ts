import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const SRC = fileURLToPath(new URL("../../../src/", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../../../node_modules", import.meta.url));

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

/** A program for a process of its own. Its argument names a log: `lmdbLog` or `redisLog`. */
export interface StreamServerProgram extends AsyncDisposable {
  readonly folder: string;
  readonly file: string;
}

export async function buildStreamServer(): Promise<StreamServerProgram> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-stopped-"));
  const [lmdb, redis] = ["lmdb", "redis"].map((name) => join(SRC, `logs/${name}/${name}-log.ts`));
  await build({
    input: { sluice: join(SRC, "index.ts"), lmdbLog: lmdb!, redisLog: redis! },
    external: ["lmdb", "redis"],
    output: { dir: folder },
  });
  await symlink(MODULES, join(folder, "node_modules"), "dir");
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const file = join(folder, "server.js");
  await writeFile(file, PROGRAM);
  return { folder, file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
