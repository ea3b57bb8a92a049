import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Program } from "./lmdb-program.ts";

/** Runs a program as the first process of a PID namespace. */
const UNSHARE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
/** The same for a user who is not root, if the system permits it. */
const UNSHARE_AS_USER = [...UNSHARE, "--user", "--map-root-user"];

const launcher = [UNSHARE, UNSHARE_AS_USER].find(
  ([command, ...options]) => spawnSync(command!, [...options, "true"]).status === 0,
);

let count = 0;

/**
 * Runs a program in a PID namespace of its own. If the system permits none, it runs in this one, and the record in the
 * folder is then changed to name another one: processes of this namespace must refuse the folder all the same.
 */
export async function runInContainer(
  path: string,
  run: (launcher: readonly string[]) => Promise<Program>,
): Promise<Program> {
  if (launcher !== undefined) return run(launcher);
  const program = await run([]);
  const record = join(path, "opened");
  await expect.poll(() => program.lines.length).toBeGreaterThan(0);
  const text = await readFile(record, "utf8").catch(() => undefined);
  if (text !== undefined) await writeFile(record, text.replace(/pid:\[\d+\]/, `pid:[${++count}]`));
  return program;
}

/** Runs a program in several containers, all of them at the same time if the system permits PID namespaces. */
export async function runInContainers(count: number, run: () => Promise<Program>): Promise<Program[]> {
  if (launcher !== undefined) return Promise.all(Array.from({ length: count }, run));
  const programs: Program[] = [];
  while (programs.length < count) programs.push(await run());
  return programs;
}
