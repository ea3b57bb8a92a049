import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { platform } from "node:os";

/**
 * The processor of each side: all servers share one, all load generators share the other. On a shared machine one
 * processor is often slower than another for a while. Without pinning, a server on the slow one would look slow.
 */
const CPUS = chooseCpus();

if (!CPUS) {
  console.log("Processes are not pinned: that needs Linux, taskset and two processors. Expect figures to vary more.");
}

/**
 * Returns options for `fork` that pin a Node process to the processor of its side.
 * @param {"servers" | "load"} side
 * @param {string[]} args command-line options for Node
 * @returns {{ execPath?: string, execArgv: string[] }}
 */
export function pinNode(side, args) {
  if (!CPUS) return { execArgv: args };
  return { execPath: "taskset", execArgv: ["-c", String(CPUS[side]), process.execPath, ...args] };
}

/**
 * Returns the command line that pins any program to the processor of its side.
 * @param {"servers" | "load"} side
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {readonly [command: string, args: readonly string[]]}
 */
export function pinProgram(side, command, args) {
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
