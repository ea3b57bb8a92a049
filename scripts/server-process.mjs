// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverPath } from "./servers.mjs";

/** @typedef {import("./server-process.d.mts").ServerProgram} ServerProgram */
/** @typedef {import("./server-process.d.mts").ServerSettings} ServerSettings */

const START_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 5_000;
const ASK_EVERY_MS = 5;
/** As much of what a program printed is kept, in characters. */
const SAID_CHARS = 2_000;

/** @type {ServerProgram} */
export const REDIS = {
  name: "redis-server",
  scheme: "redis",
  argumentsFor: (port, folder) => ["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder, "--save", ""],
  // Any answer will do, also that it wants a password, but the one that it gives while it still loads its data.
  question: "PING",
  isReady: (answer) => !answer.startsWith("-LOADING"),
};

/** Redis: every write is on disk before it is answered, so that what was acknowledged outlives SIGKILL. */
export const DURABLE = ["--appendonly", "yes", "--appendfsync", "always"];

/** @type {ServerProgram} */
export const NATS = {
  name: "nats-server",
  scheme: "nats",
  argumentsFor: (port, folder) => ["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", folder],
  question: "",
  isReady: (answer) => answer.startsWith("INFO"),
};

export class ServerProcess {
  port = 0;
  #program;
  #settings;
  #folder = "";
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #child;

  /**
   * @param {ServerProgram} program
   * @param {ServerSettings} settings
   */
  constructor(program, settings) {
    this.#program = program;
    this.#settings = settings;
  }

  /** @param {ServerProgram} program */
  static async start(program, settings = {}) {
    const server = new ServerProcess(program, settings);
    await server.#setUp();
    return server;
  }

  get url() {
    return `${this.#program.scheme}://127.0.0.1:${this.port}`;
  }

  /** @param {"kept" | "lost" | "saved"} data */
  async start(data = "kept") {
    if (data !== "kept") await this.#forget();
    // Where nothing was saved, there is nothing.
    if (data === "saved") await cp(this.#saved, this.#data, { recursive: true }).catch(() => {});
    const { name, question, isReady } = this.#program;
    const child = this.#spawn();
    this.#child = child;
    let said = "";
    const hear = (/** @type {unknown} */ text) => void (said = `${said}${text}`.slice(-SAID_CHARS));
    for (const output of [child.stdout, child.stderr]) output?.on("data", hear);
    child.once("error", hear);
    const end = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      const answer = await this.ask(question).catch(() => "");
      if (answer !== "" && isReady(answer)) return;
      if (child.pid === undefined || child.exitCode !== null || performance.now() > end)
        throw new Error(`${name} did not start: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }

  /** @param {"SIGKILL" | "SIGTERM"} signal */
  async kill(signal = "SIGKILL") {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    // One that is stopped would not see anything but SIGKILL.
    child.kill("SIGCONT");
    child.kill(signal);
    await exited;
  }

  pause() {
    this.#child?.kill("SIGSTOP");
  }

  resume() {
    this.#child?.kill("SIGCONT");
  }

  async save() {
    // So that the files fit together.
    this.pause();
    await rm(this.#saved, { recursive: true, force: true });
    await cp(this.#data, this.#saved, { recursive: true });
    this.resume();
  }

  /** @param {string} line */
  ask(line) {
    return ask(this.port, line);
  }

  async stop() {
    await this.kill();
    process.off("exit", this.#leaveNothing);
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }

  get #data() {
    return join(this.#folder, "data");
  }

  get #saved() {
    return join(this.#folder, "saved");
  }

  async #setUp() {
    this.#folder = await mkdtemp(join(tmpdir(), `sluice-${this.#program.scheme}-`));
    // Whoever ends the run before its time must not leave a server behind.
    process.once("exit", this.#leaveNothing);
    await mkdir(this.#data);
    this.port = await freePort();
    await this.start().catch(async (error) => {
      await this.stop();
      throw error;
    });
  }

  #spawn() {
    const { name, argumentsFor } = this.#program;
    const { args = [], wrap = (command, all) => [command, all] } = this.#settings;
    const path = serverPath(name);
    if (path === undefined) throw new Error(`${name} is not on this machine.`);
    const [command, all] = wrap(path, [...argumentsFor(this.port, this.#data), ...args]);
    return spawn(command, all, { stdio: ["ignore", "pipe", "pipe"] });
  }

  async #forget() {
    for (const name of await readdir(this.#data)) await rm(join(this.#data, name), { recursive: true });
  }

  #leaveNothing = () => {
    this.#child?.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  };
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
 * The first part that comes of what a server answers to a line, or greets with where that is empty.
 * @param {number} port
 * @param {string} line
 * @returns {Promise<string>}
 */
function ask(port, line) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    if (line !== "") socket.once("connect", () => socket.write(`${line}\r\n`));
    socket.once("data", (answer) => {
      resolve(answer.toString());
      socket.destroy();
    });
    socket.once("error", reject).once("close", () => reject(new Error(`There was no answer to "${line}".`)));
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
  });
}
