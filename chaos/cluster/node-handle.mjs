// @ts-check
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { RunTime } from "./run-time.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/**
 * @typedef {object} NodeOptions
 * @property {{ kind: string, options: any }} log the kind of log, and its options
 * @property {{ events: number }} retain
 * @property {{ events: number }} window
 * @property {Record<string, readonly string[]>} epochs the known lives of each judged channel
 *
 * @typedef {{ id?: string | undefined, position?: import("../history.mjs").Position | undefined,
 *   error?: string | undefined }} PublishAnswer
 * @typedef {{ ids?: string[], positions?: import("../history.mjs").Position[], error?: string }} PublishAllAnswer
 * @typedef {{ subscribers: number, topics: Record<string, number>, nodes: number }} ReportedPresence
 */

const PROGRAM = fileURLToPath(new URL("node.mjs", import.meta.url));

const START_TIMEOUT_MS = 30_000;

/** The error of a call whose node ended before it answered. The outcome of the call is unknown. */
export const NODE_GONE = "the node is gone";

/** A node of the cluster: a process that can be killed and started again. */
export class NodeHandle {
  name;
  /** The port on which it listens; `undefined` while it does not. @type {number | undefined} */
  port;
  isPaused = false;
  /** The number of pauses so far. */
  pauses = 0;
  /** The time in which this process and that of the node could run. */
  runTime;
  /** The errors that the node reported, newest last. @type {string[]} */
  errors = [];
  #history;
  /** By channel. @type {ReadonlyMap<string, History>} */
  #histories;
  #options;
  /** @type {ChildProcess | undefined} */
  #child;
  #starts = 0;
  #lastCall = 0;
  /** @type {Map<number, (answer: any) => void>} */
  #pendingCalls = new Map();

  /**
   * @param {string} name
   * @param {readonly History[]} histories those of the judged channels, the main one first
   * @param {() => Omit<NodeOptions, "epochs">} options called at each start
   */
  constructor(name, histories, options) {
    this.name = name;
    this.#history = /** @type {History} */ (histories[0]);
    this.#histories = new Map(histories.map((history) => [history.channel, history]));
    this.#options = options;
    this.runTime = new RunTime(() => [process.pid, this.#child?.pid ?? process.pid]);
  }

  /** The name of the current process. Each start makes another process. */
  get process() {
    return `${this.name}.${this.#starts}`;
  }

  /** True if it listens. */
  get isUp() {
    return this.port !== undefined;
  }

  /** Starts a process, and resolves when it listens, or when it ended before that. */
  async start() {
    this.#starts++;
    const histories = [...this.#histories.values()];
    const epochs = Object.fromEntries(
      histories.map(({ channel, lives }) => [channel, lives.map(({ epoch }) => epoch)]),
    );
    const argument = JSON.stringify({ ...this.#options(), epochs });
    const name = this.process;
    const child = fork(PROGRAM, [argument], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#child = child;
    let printed = "";
    child.stderr?.on("data", (text) => {
      printed = (printed + text).slice(-2_000);
    });
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.once("exit", (code, signal) => {
      this.#history.endProcess(name);
      if (this.#child !== child) return;
      this.#forgetProcess();
      if (code !== 0) this.#history.crashes.push(`${name} ended unexpectedly (${signal ?? code}): ${printed}`);
    });
    const listens = new Promise((resolve) => {
      child.on("message", (/** @type {any} */ message) => {
        if (message.listening !== undefined) resolve(message.listening);
        else this.#receive(message, name);
      });
    });
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, START_TIMEOUT_MS);
    });
    const port = await Promise.race([listens, exited.then(() => undefined), late]);
    clearTimeout(timer);
    // A fault killed the process while it started, or it ended unexpectedly.
    if (this.#child !== child || child.exitCode !== null || child.signalCode !== null) return;
    if (port === undefined) throw new Error(`${this.name} did not start. It printed: ${printed}`);
    this.port = port;
    this.#history.note(`${this.process} listens`);
  }

  /** @param {object} event @returns {Promise<PublishAnswer>} */
  publish(event) {
    return this.#call({ do: "publish", ...event });
  }

  /** Deletes a channel. @param {string} channel @returns {Promise<{ error?: string }>} */
  delete(channel) {
    this.#history.note(`${this.process} deletes ${channel}`);
    return this.#call({ do: "delete", channel });
  }

  /** Closes a channel in this process. @param {string} channel @returns {Promise<{ error?: string }>} */
  close(channel) {
    this.#history.note(`${this.process} closes ${channel}`);
    return this.#call({ do: "close", channel });
  }

  /** Keeps all judged channels open and followed until `release`. @returns {Promise<{ error?: string }>} */
  hold() {
    return this.#call({ do: "hold" });
  }

  /** Ends `hold`. */
  release() {
    return this.#call({ do: "release" });
  }

  /** Publishes several events at once. @param {object} events @returns {Promise<PublishAllAnswer>} */
  publishAll(events) {
    return this.#call({ do: "publishAll", ...events });
  }

  /**
   * Starts a job that takes `ms`. Resolves when all nodes can follow it.
   * @param {string} id
   * @param {number} ms
   * @returns {Promise<{ error?: string }>}
   */
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

  /** Returns the presence it reports. @returns {Promise<{ presence?: ReportedPresence, error?: string }>} */
  presence() {
    return this.#call({ do: "presence" });
  }

  async kill() {
    const child = this.#child;
    if (child === undefined) return;
    this.#history.note(`${this.process} is killed`);
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    this.#forgetProcess();
    await exited;
  }

  /**
   * Drains the node, which then exits. Kills it if that takes far longer than the timeout.
   * @param {number} timeoutMs
   */
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
    this.#history.note(`${this.process} continues (SIGCONT)`);
    this.isPaused = false;
    this.#child?.kill("SIGCONT");
  }

  /** Sends a message, and resolves with the answer. @param {object} message */
  #call(message) {
    return new Promise((resolve) => {
      const child = this.#child;
      if (child === undefined || !child.connected) return resolve({ error: NODE_GONE });
      const call = ++this.#lastCall;
      this.#pendingCalls.set(call, resolve);
      child.send({ ...message, call }, (error) => error && this.#answer(call, { error: NODE_GONE }));
    });
  }

  /** @param {any} message @param {string} process */
  #receive(message, process) {
    if (message.life) {
      const { channel, epoch, holds, isOpening } = message.life;
      this.#histories.get(channel)?.addLife(epoch, holds, process, isOpening);
    } else if (message.ended) this.#history.endConnection(message.ended.connection, message.ended.reason);
    else if (message.failed) {
      const { stage, isOver = false } = message.context;
      this.errors.push(`${this.name}, ${stage}: ${message.failed}`);
      if (stage === "log") this.#history.addOutage(process, isOver);
    } else this.#answer(message.call, message);
  }

  /** @param {number} call @param {object} answer */
  #answer(call, answer) {
    this.#pendingCalls.get(call)?.(answer);
    this.#pendingCalls.delete(call);
  }

  #forgetProcess() {
    this.#child = undefined;
    this.port = undefined;
    this.isPaused = false;
    for (const resolve of this.#pendingCalls.values()) resolve({ error: NODE_GONE });
    this.#pendingCalls.clear();
  }
}
