import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { pinNode } from "./pin.mjs";

/** A child that has not exited this long after `stop()` is killed. */
const STOP_TIMEOUT_MS = 5_000;

const BENCH_FOLDER = new URL("../", import.meta.url);

/**
 * @typedef {object} Child
 * @property {(method: string, params?: unknown) => Promise<any>} call Rejects if the method fails or the child exits.
 * @property {() => Promise<void>} stop Resolves when the process has exited.
 */

/**
 * @typedef {object} ChildSettings
 * @property {"servers" | "load"} [side] the processor to pin the child to; default `"servers"`
 * @property {object} [options] passed to the program as JSON in its first argument
 * @property {string | undefined} [cpuProfile] folder that receives a CPU profile
 * @property {string[]} [nodeArgs] more command-line options for Node
 */

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

process.on("exit", killChildren);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

/**
 * Starts a program of the bench folder. Resolves when the program answers calls.
 * @param {string} file relative to the bench folder
 * @param {ChildSettings} [settings]
 * @returns {Promise<Child>}
 */
export function startChild(file, { side = "servers", options = {}, cpuProfile, nodeArgs = [] } = {}) {
  const profile = cpuProfile ? ["--cpu-prof", `--cpu-prof-dir=${cpuProfile}`] : [];
  const child = fork(fileURLToPath(new URL(file, BENCH_FOLDER)), [JSON.stringify(options)], {
    ...pinNode(side, ["--expose-gc", ...nodeArgs, ...profile]),
  });
  running.add(child);
  /** @type {Map<number, { resolve: (value: any) => void, reject: (reason: Error) => void }>} */
  const pending = new Map();
  let lastId = 0;

  const exited = new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      running.delete(child);
      for (const { reject } of pending.values()) reject(new Error(`${file} exited (${signal ?? code})`));
      pending.clear();
      resolve(undefined);
    });
  });

  const handle = {
    /** @type {Child["call"]} */
    call(method, params) {
      return new Promise((resolve, reject) => {
        const id = ++lastId;
        pending.set(id, { resolve, reject });
        child.send({ id, method, params }, (error) => error && reject(error));
      });
    },
    async stop() {
      if (!running.has(child)) return;
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };

  return new Promise((resolve, reject) => {
    // ID 0 is the start itself: it rejects if the child exits before it is ready.
    pending.set(0, { resolve: () => resolve(handle), reject });
    child.once("error", reject);
    child.on("message", (/** @type {any} */ message) => {
      const id = message.ready ? 0 : message.id;
      const call = pending.get(id);
      pending.delete(id);
      if (message.error) call?.reject(new Error(`${file}: ${message.error}`));
      else call?.resolve(message.result);
    });
  });
}

/** Kills all running children, for example after a scenario failed or timed out. */
export function killChildren() {
  for (const child of running) child.kill("SIGKILL");
}
