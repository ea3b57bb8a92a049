// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_TIMEOUT_MS = 20_000;
const ASK_EVERY_MS = 20;

/** A server program with a folder of its own, which can be killed, stopped, and started anew with its data, without, or with what it had earlier. */
export class ServerProcess {
  port = 0;
  /** @type {string} */
  folder = "";
  #command;
  #argumentsFor;
  #isReady;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #child;

  /**
   * @param {string} command
   * @param {(port: number, folder: string) => string[]} argumentsFor
   * @param {(port: number) => Promise<boolean>} isReady
   */
  constructor(command, argumentsFor, isReady) {
    this.#command = command;
    this.#argumentsFor = argumentsFor;
    this.#isReady = isReady;
  }

  async setUp() {
    this.folder = await mkdtemp(join(tmpdir(), "sluice-chaos-"));
    // Whoever ends the run before its time must not leave a server behind.
    process.once("exit", this.#leaveNothing);
    await mkdir(join(this.folder, "data"));
    this.port = await freePort();
    await this.start();
  }

  async start() {
    const args = this.#argumentsFor(this.port, join(this.folder, "data"));
    const child = spawn(this.#command, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let said = "";
    for (const output of [child.stdout, child.stderr]) {
      output.on("data", (text) => {
        said = (said + text).slice(-2_000);
      });
    }
    const end = performance.now() + START_TIMEOUT_MS;
    while (!(await this.#isReady(this.port))) {
      if (child.exitCode !== null || performance.now() > end)
        throw new Error(`${this.#command} did not start: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }

  async kill() {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  pause() {
    this.#child?.kill("SIGSTOP");
  }

  resume() {
    this.#child?.kill("SIGCONT");
  }

  /** Keeps what it has on disk now, for {@link restore}. It does not run meanwhile, so that the files fit together. */
  async snapshot() {
    this.pause();
    await rm(join(this.folder, "kept"), { recursive: true, force: true });
    await cp(join(this.folder, "data"), join(this.folder, "kept"), { recursive: true });
    this.resume();
  }

  /** Puts back what it had at the last snapshot; nothing, where there was none. Only while it does not run. */
  async restore() {
    await this.forget();
    await cp(join(this.folder, "kept"), join(this.folder, "data"), { recursive: true, force: true }).catch(() => {});
  }

  /** Only while it does not run. */
  async forget() {
    const data = join(this.folder, "data");
    for (const name of await readdir(data)) await rm(join(data, name), { recursive: true });
  }

  async stop() {
    await this.kill();
    process.off("exit", this.#leaveNothing);
    await rm(this.folder, { recursive: true, force: true });
  }

  #leaveNothing = () => {
    this.#child?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/**
 * What a server answers to a line, or greets with where it is empty; `""`, when it does not.
 * @param {number} port
 * @param {string} line
 * @returns {Promise<string>}
 */
export function ask(port, line) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    if (line !== "") socket.once("connect", () => socket.write(`${line}\r\n`));
    socket.once("data", (answer) => {
      resolve(answer.toString());
      socket.destroy();
    });
    socket.once("error", () => resolve("")).once("close", () => resolve(""));
    socket.setTimeout(1_000, () => socket.destroy());
  });
}
