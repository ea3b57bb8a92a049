import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const START_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 25;

/** A program that listens on a port, and that can be killed and started again. */
export class Running {
  name;
  #command;
  #args;
  #port;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #child;

  /**
   * @param {string} name as the terminal shows it
   * @param {number} port
   * @param {string} command
   * @param {readonly string[]} args
   */
  constructor(name, port, command, args) {
    this.name = name;
    this.#port = port;
    this.#command = command;
    this.#args = args;
  }

  get isUp() {
    return this.#child !== undefined;
  }

  /** Resolves when it listens. */
  async start() {
    if (this.isUp) return;
    const child = spawn(this.#command, this.#args, { stdio: ["ignore", "ignore", "inherit"] });
    this.#child = child;
    /** @type {Error | undefined} */
    let failure;
    child.once("error", (error) => {
      failure = error;
    });
    const end = performance.now() + START_TIMEOUT_MS;
    while (!(await listens(this.#port))) {
      if (this.#child !== child) return;
      if (failure !== undefined) throw failure;
      if (child.exitCode !== null) throw new Error(`${this.name} ended with code ${child.exitCode}.`);
      if (performance.now() > end) throw new Error(`${this.name} did not start within ${START_TIMEOUT_MS / 1_000} s.`);
      await pause(LOOK_EVERY_MS);
    }
  }

  /** SIGKILL: it has no time to do anything. */
  async kill() {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
}

/** @returns {Promise<number>} */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("connect", () => socket.destroy()).once("error", () => resolve(false));
  });
}
