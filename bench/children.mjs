import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { pinTo } from "./pin.mjs";

/** A child that has not gone by itself this long after it was told to is killed. */
const STOP_TIMEOUT_MS = 5_000;

/**
 * @typedef {object} Child
 * @property {(method: string, params?: unknown) => Promise<any>} call Rejects when the child fails or ends.
 * @property {() => Promise<void>} stop Resolves when the process has ended.
 */

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

/**
 * Start one of the programs of this folder, and resolve when it answers.
 * @param {string} file relative to this folder
 * @param {{ cpu?: "servers" | "load", options?: object, cpuProfile?: string | undefined, nodeArgs?: string[] }} [settings] `cpu` says with
 *   whom it shares a processor; `options` reach the program as JSON in its first argument; `cpuProfile` is a folder to
 *   write a CPU profile to; `nodeArgs` are more options of Node
 * @returns {Promise<Child>}
 */
export function startChild(file, { cpu = "servers", options = {}, cpuProfile, nodeArgs = [] } = {}) {
  const profile = cpuProfile ? ["--cpu-prof", `--cpu-prof-dir=${cpuProfile}`] : [];
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(options)], {
    ...pinTo(cpu, ["--expose-gc", ...nodeArgs, ...profile]),
  });
  running.add(child);
  /** @type {Map<number, { resolve: (value: any) => void, reject: (reason: Error) => void }>} */
  const waiting = new Map();
  let lastId = 0;

  const ended = new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      running.delete(child);
      for (const { reject } of waiting.values()) reject(new Error(`${file} ended (${signal ?? code})`));
      waiting.clear();
      resolve(undefined);
    });
  });

  const handle = {
    /** @type {Child["call"]} */
    call(method, params) {
      return new Promise((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        child.send({ id, method, params }, (error) => error && reject(error));
      });
    },
    async stop() {
      if (!running.has(child)) return;
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };

  return new Promise((resolve, reject) => {
    waiting.set(0, { resolve, reject });
    child.once("error", reject);
    child.on("message", (/** @type {any} */ message) => {
      if (message.ready) resolve(handle);
      const waiter = waiting.get(message.ready ? 0 : message.id);
      waiting.delete(message.ready ? 0 : message.id);
      if (!waiter || message.ready) return;
      if (message.error) waiter.reject(new Error(`${file}: ${message.error}`));
      else waiter.resolve(message.result);
    });
  });
}

/** Kill whatever a scenario has left behind, e.g. one that ran out of time. */
export function killChildren() {
  for (const child of running) child.kill("SIGKILL");
}
