import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

/**
 * Builds `sluice/lmdb` into a folder, as `lmdb.mjs`. Without `withPackage`, programs there do not find the package
 * lmdb.
 */
export async function buildLmdbLog(folder: string, withPackage = true): Promise<void> {
  const input = fileURLToPath(new URL("../../../../src/logs/lmdb/lmdb-log.ts", import.meta.url));
  await build({ input, external: ["lmdb"], output: { file: join(folder, "lmdb.mjs"), codeSplitting: false } });
  if (!withPackage) return;
  await mkdir(join(folder, "node_modules"));
  const lmdb = dirname(dirname(createRequire(import.meta.url).resolve("lmdb")));
  await symlink(lmdb, join(folder, "node_modules", "lmdb"), "dir");
}

/** A program that runs in a process of its own. */
export interface Program {
  readonly child: ChildProcess;
  /** The lines that it has printed so far. */
  readonly lines: string[];
  /** Resolves to its exit code, or to the signal that ended it. */
  readonly ended: Promise<number | string>;
}

let count = 0;

/**
 * Runs a program in a folder that {@link buildLmdbLog} filled. Its source can use `lmdbLog`, `KEEP_ALL` and `entry`.
 * `launcher` is a command that starts the program.
 */
export async function runProgram(
  folder: string,
  source: string,
  args: readonly string[] = [],
  launcher: readonly string[] = [],
): Promise<Program> {
  const file = join(folder, `program-${++count}.mjs`);
  const head = `
    import { lmdbLog } from "./lmdb.mjs";
    const KEEP_ALL = { events: Infinity, bytes: Infinity, age: Infinity };
    const entry = (n) => ({ type: "n", data: String(n), json: true });
  `;
  await writeFile(file, head + source);
  const [command, ...rest] = [...launcher, process.execPath, file, ...args];
  const child = spawn(command!, rest, { stdio: ["pipe", "pipe", "pipe"] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on("line", (line) => lines.push(line));
  const ended = new Promise<number | string>((resolve) =>
    child.on("close", (code, signal) => resolve(code ?? signal!)),
  );
  return { child, lines, ended };
}
