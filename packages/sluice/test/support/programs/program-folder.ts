import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const SRC = fileURLToPath(new URL("../../../src/", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../../../node_modules", import.meta.url));

/** The functions that make logs which processes share, each with the path of its source in `src`. */
export const SHARED_LOGS = {
  lmdbLog: "logs/lmdb/lmdb-log.ts",
  redisLog: "logs/redis/redis-log.ts",
  natsLog: "logs/nats/nats-log.ts",
} as const;

/** A temporary folder with programs and the modules that they import. */
export interface ProgramFolder extends AsyncDisposable {
  readonly folder: string;
}

/**
 * Writes programs into a new folder. `programs`: the source of each, by the name of its file. `modules`: for each name,
 * a path in `src`. A program imports a module from `./name.js`.
 */
export async function makeProgramFolder(
  modules: Readonly<Record<string, string>>,
  programs: Readonly<Record<string, string>>,
): Promise<ProgramFolder> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-program-"));
  await build({
    input: Object.fromEntries(Object.entries(modules).map(([name, path]) => [name, join(SRC, path)])),
    external: ["lmdb", "redis", /^@nats-io\//],
    output: { dir: folder },
  });
  await symlink(MODULES, join(folder, "node_modules"), "dir");
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  for (const [name, source] of Object.entries(programs)) await writeFile(join(folder, name), source);
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
