// @ts-check
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { programPath } from "./programs.mjs";

/** @typedef {import("./server-process.d.mts").ServerProgram} ServerProgram */
/** @typedef {import("./server-process.d.mts").ServerSettings} ServerSettings */

const START_TIMEOUT_MS = 60_000;
/** Ports that are tried if others take them. */
const START_ATTEMPTS = 3;
/** Below the ports that Linux (from 32,768) and other systems (from 49,152) give to outgoing connections. */
const PORTS = /** @type {const} */ ([10_000, 32_000]);
const ANSWER_TIMEOUT_MS = 5_000;
const READY_CHECK_INTERVAL_MS = 5;
/** The end of the server's output that an error shows, in characters. */
const SHOWN_OUTPUT_CHARS = 2_000;

/** @type {ServerProgram} */
export const REDIS = {
  name: "redis-server",
  scheme: "redis",
  argumentsFor: (port, folder) => ["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder, "--save", ""],
  // An error is an answer too, e.g. if Redis requires a password. "-LOADING" means that it still reads its data.
  question: "PING",
  isReady: (answer) => !answer.startsWith("-LOADING"),
};

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

  get pid() {
    return this.#child?.pid;
  }

  get dataFolder() {
    return this.#data;
  }

  /** @param {"kept" | "lost" | "saved"} data */
  async start(data = "kept") {
    if (data !== "kept") await this.#removeData();
    // If there is no copy, the server starts without data.
    if (data === "saved") await cp(this.#saved, this.#data, { recursive: true }).catch(() => {});
    const { name, question, isReady } = this.#program;
    const child = this.#spawn();
    this.#child = child;
    let printed = "";
    const record = (/** @type {unknown} */ text) => void (printed = `${printed}${text}`.slice(-SHOWN_OUTPUT_CHARS));
    for (const output of [child.stdout, child.stderr]) output?.on("data", record);
    child.once("error", record);
    const end = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      const answer = await this.ask(question).catch(() => "");
      const isOver = child.exitCode !== null || child.signalCode !== null;
      if (answer !== "" && isReady(answer) && !isOver) return;
      if (child.pid === undefined || isOver || performance.now() > end)
        throw new Error(`${name} did not start. It printed: ${printed}`);
      await wait(READY_CHECK_INTERVAL_MS);
    }
  }

  /** @param {"SIGKILL" | "SIGTERM"} signal */
  async kill(signal = "SIGKILL") {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    // A stopped process handles no signal but SIGKILL.
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

  reload() {
    this.#child?.kill("SIGHUP");
  }

  async save() {
    this.pause(); // or the files could be of different moments
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
    process.off("exit", this.#cleanUp);
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
    process.once("exit", this.#cleanUp); // if the run ends before `stop`
    await mkdir(this.#data);
    for (let attempt = 1; ; attempt++) {
      this.port = await freePort();
      try {
        return await this.start();
      } catch (error) {
        await this.kill();
        // Another process may have taken the port meanwhile.
        if (attempt < START_ATTEMPTS) continue;
        await this.stop();
        throw error;
      }
    }
  }

  #spawn() {
    const { name, argumentsFor } = this.#program;
    const { args = [], wrap = (command, all) => [command, all] } = this.#settings;
    const path = programPath(name);
    if (path === undefined) throw new Error(`${name} is not on this machine. Install it first.`);
    const [command, all] = wrap(path, [...argumentsFor(this.port, this.#data), ...args]);
    return spawn(command, all, { stdio: ["ignore", "pipe", "pipe"] });
  }

  async #removeData() {
    for (const name of await readdir(this.#data)) await rm(join(this.#data, name), { recursive: true });
  }

  #cleanUp = () => {
    this.#child?.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  };
}

/**
 * Returns a port on which no process listens, and which systems do not give to outgoing connections: such a connection
 * could take the port while its server restarts.
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(...PORTS);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

/**
 * Sends a line to a server, and resolves with the first part of its answer; if the line is empty, of its greeting.
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
    socket.once("error", reject).once("close", () => reject(new Error(`The server did not answer "${line}".`)));
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
  });
}
