import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const START_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 25;

/** A program that listens on a port, and that can be killed and started again. */
export class RestartableProcess {
  name;
  #command;
  #args;
  #port;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #child;

  /**
   * @param {string} name as shown in the terminal
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

  /** Starts the program unless it runs. Resolves when it listens. Rejects if it does not listen within 20 s. */
  async start() {
    if (this.isUp) return;
    const child = spawn(this.#command, this.#args, { stdio: ["ignore", "ignore", "inherit"] });
    this.#child = child;
    /** @type {Error | undefined} */
    let failure;
    child.once("error", (error) => {
      failure = error;
    });
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!(await isListening(this.#port))) {
      if (this.#child !== child) return;
      if (failure !== undefined) throw failure;
      if (child.exitCode !== null) throw new Error(`${this.name} exited with code ${child.exitCode}.`);
      if (performance.now() > deadline) {
        throw new Error(`${this.name} did not listen within ${START_TIMEOUT_MS / 1_000} s.`);
      }
      await sleep(POLL_INTERVAL_MS);
    }
  }

  /** Sends SIGKILL, so that the program cannot clean up. Resolves when it has exited. */
  async kill() {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
}

/**
 * Resolves to a port that is free now. Systems give higher ones to outgoing connections, which could take the port
 * while its process restarts.
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    if (!(await isListening(port))) return port;
  }
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("connect", () => socket.destroy()).once("error", () => resolve(false));
  });
}
