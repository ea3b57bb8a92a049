import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { platform } from "node:os";

/**
 * The processors of the two sides: all servers share one, all load generators another. On a shared machine one of its
 * processors is often slower than the next for a while; a server that happened to run there would look slow.
 */
const CPUS = chooseCpus();

if (!CPUS) console.log("Processes are not pinned (needs Linux, taskset and two processors): figures will vary more.");

/**
 * What to add to `fork`'s options so that a Node process with `args` stays on the processor of its side.
 * @param {"servers" | "load"} side
 * @param {string[]} args
 * @returns {{ execPath?: string, execArgv: string[] }}
 */
export function pinTo(side, args) {
  if (!CPUS) return { execArgv: args };
  return { execPath: "taskset", execArgv: ["-c", String(CPUS[side]), process.execPath, ...args] };
}

/**
 * A command line that keeps any program on the processor of its side.
 * @param {"servers" | "load"} side
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {readonly [command: string, args: readonly string[]]}
 */
export function pinned(side, command, args) {
  return CPUS ? ["taskset", ["-c", String(CPUS[side]), command, ...args]] : [command, args];
}

/** @returns {{ servers: number, load: number } | undefined} */
function chooseCpus() {
  if (platform() !== "linux" || spawnSync("taskset", ["--version"]).status !== 0) return undefined;
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  const allowed = list.split(/[,-]/).map(Number);
  const [first, last] = [allowed[0], allowed.at(-1)];
  return first === undefined || last === undefined || first === last ? undefined : { servers: first, load: last };
}
