// @ts-check
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/**
 * @typedef {object} NodeOptions
 * @property {{ kind: string, options: any }} log with the options that this kind of log takes
 * @property {{ events: number }} retain
 * @property {{ events: number }} window
 * @property {readonly string[]} epochs lives of the log that are known already
 *
 * @typedef {{ id?: string, place?: [string, number], error?: string }} Answer of a node to `publish`
 *
 * @typedef {{ subscribers: number, topics: Record<string, number>, nodes: number }} PresenceTold
 */

const PROGRAM = fileURLToPath(new URL("node.mjs", import.meta.url));

/** A node that does not listen by then will not. */
const START_TIMEOUT_MS = 30_000;

/** The process has gone, and what it was asked meanwhile is not known. */
export const NODE_GONE = "the node is gone";

/** One place in the cluster: a process, which may be killed and started anew. */
export class NodeHandle {
  name;
  /** Where it listens; `undefined`, while it does not. @type {number | undefined} */
  port;
  isPaused = false;
  /** How often it was. */
  pauses = 0;
  /** Errors that the node told of, newest last. @type {string[]} */
  errors = [];
  #history;
  #options;
  /** @type {ChildProcess | undefined} */
  #child;
  #starts = 0;
  #lastCall = 0;
  /** @type {Map<number, (answer: any) => void>} */
  #waiting = new Map();

  /**
   * @param {string} name
   * @param {History} history
   * @param {() => Omit<NodeOptions, "epochs">} options asked at each start
   */
  constructor(name, history, options) {
    this.name = name;
    this.#history = history;
    this.#options = options;
  }

  /** The process, by name: another one after each start. */
  get process() {
    return `${this.name}.${this.#starts}`;
  }

  get isUp() {
    return this.port !== undefined;
  }

  async start() {
    this.#starts++;
    const epochs = this.#history.lives.map(({ epoch }) => epoch);
    const argument = JSON.stringify({ ...this.#options(), epochs });
    const name = this.process;
    const child = fork(PROGRAM, [argument], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#child = child;
    let complaint = "";
    child.stderr?.on("data", (text) => {
      complaint = (complaint + text).slice(-2_000);
    });
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.once("exit", (code, signal) => {
      this.#history.endProcess(name);
      if (this.#child !== child) return;
      this.#gone();
      if (code !== 0) this.#history.crashes.push(`${name} ended by itself (${signal ?? code}): ${complaint}`);
    });
    const listens = new Promise((resolve) => {
      child.on("message", (/** @type {any} */ message) => {
        if (message.listening !== undefined) resolve(message.listening);
        else this.#hear(message, name);
      });
    });
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, START_TIMEOUT_MS);
    });
    const port = await Promise.race([listens, exited.then(() => undefined), late]);
    clearTimeout(timer);
    // Killed while it started, or by itself.
    if (this.#child !== child || child.exitCode !== null || child.signalCode !== null) return;
    if (port === undefined) throw new Error(`${this.name} did not start: ${complaint}`);
    this.port = port;
    this.#history.note(`${this.process} listens`);
  }

  /** @param {object} event @returns {Promise<Answer>} */
  publish(event) {
    return this.#call({ do: "publish", ...event });
  }

  /** Resolves once all nodes can follow it. @param {string} id @param {number} ms that it takes @returns {Promise<{ error?: string }>} */
  startJob(id, ms) {
    this.#history.note(`${this.process} starts ${id}, for ${ms} ms`);
    return this.#call({ do: "job", id, ms });
  }

  /** Ends the streams of a user on all nodes. @param {string} user */
  async disconnect(user) {
    this.#history.note(`${this.process} disconnects ${user} everywhere`);
    const disconnect = this.#history.addDisconnect(user, this.process);
    const { error } = await this.#call({ do: "disconnect", user });
    disconnect.answered = this.#history.tick();
    if (error !== undefined) disconnect.error = error;
    return disconnect;
  }

  /** @returns {Promise<{ presence?: PresenceTold, error?: string }>} */
  presence() {
    return this.#call({ do: "presence" });
  }

  async kill() {
    const child = this.#child;
    if (child === undefined) return;
    this.#history.note(`${this.process} is killed`);
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    this.#gone();
    await exited;
  }

  /** Ends its streams, then itself; killed where it takes longer. @param {number} timeoutMs */
  async drain(timeoutMs) {
    const child = this.#child;
    if (child === undefined) return;
    this.#history.note(`${this.process} drains`);
    const exited = once(child, "exit");
    child.send({ do: "drain", timeout: timeoutMs });
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs * 2 + 10_000);
    await exited;
    clearTimeout(timer);
  }

  pause() {
    this.#history.note(`${this.process} is stopped (SIGSTOP)`);
    this.isPaused = true;
    this.pauses++;
    this.#child?.kill("SIGSTOP");
  }

  resume() {
    this.#history.note(`${this.process} goes on (SIGCONT)`);
    this.isPaused = false;
    this.#child?.kill("SIGCONT");
  }

  /** @param {object} message */
  #call(message) {
    return new Promise((resolve) => {
      const child = this.#child;
      if (child === undefined || !child.connected) return resolve({ error: NODE_GONE });
      const call = ++this.#lastCall;
      this.#waiting.set(call, resolve);
      child.send({ ...message, call }, (error) => error && this.#answer(call, { error: NODE_GONE }));
    });
  }

  /** @param {any} message @param {string} process */
  #hear(message, process) {
    if (message.life) this.#history.addLife(message.life.epoch, message.life.holds, process);
    else if (message.ended) this.#history.endConnection(message.ended.connection, message.ended.reason);
    else if (message.failed) this.errors.push(`${this.name}, ${message.context.stage}: ${message.failed}`);
    else this.#answer(message.call, message);
  }

  /** @param {number} call @param {object} answer */
  #answer(call, answer) {
    this.#waiting.get(call)?.(answer);
    this.#waiting.delete(call);
  }

  #gone() {
    this.#child = undefined;
    this.port = undefined;
    this.isPaused = false;
    for (const resolve of this.#waiting.values()) resolve({ error: NODE_GONE });
    this.#waiting.clear();
  }
}
