import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../../node_modules", import.meta.url));

/** A program on disk. Start it as a `NodeProcess`. */
export interface NodeProgram extends AsyncDisposable {
  /** The folder of the program, for its files. */
  readonly folder: string;
  readonly file: string;
}

/**
 * Builds a program. Its source can import `createSluice` from `./sluice.js`, and `lmdbLog`, `redisLog` and `natsLog`
 * each from a file of that name.
 */
export async function buildNodeProgram(source: string): Promise<NodeProgram> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-node-"));
  const [lmdb, redis, nats] = ["lmdb", "redis", "nats"].map((name) => join(SRC, `logs/${name}/${name}-log.ts`));
  await build({
    input: { sluice: join(SRC, "index.ts"), lmdbLog: lmdb!, redisLog: redis!, natsLog: nats! },
    external: ["lmdb", "redis", /^@nats-io\//],
    output: { dir: folder },
  });
  await symlink(MODULES, join(folder, "node_modules"), "dir");
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const file = join(folder, "program.js");
  await writeFile(file, source);
  return { folder, file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
