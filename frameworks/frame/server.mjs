// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../../scripts/programs/server-process.mjs";
import { pathOfCommand } from "./command.mjs";

/** @typedef {import("./fixture.d.mts").NamedFixture} NamedFixture */
/** @typedef {import("./fixture.d.mts").Mode} Mode */

const BUILD_TIMEOUT_MS = 240_000;
/** The part of the output that is kept, and the part that an error shows, in characters. */
const KEPT_OUTPUT_CHARS = 1_000_000;
const SHOWN_OUTPUT_CHARS = 3_000;

/** A process of a fixture: its server, or a command of its build. It has a process group of its own. */
export class FixtureProcess {
  /** Everything that it printed; the newest part. */
  output = "";
  #child;
  #exited;

  /**
   * @param {readonly string[]} command
   * @param {{ fixture: NamedFixture, cwd: string, env: Readonly<Record<string, string>> }} setup
   */
  constructor([name = "", ...args], { fixture, cwd, env }) {
    this.#child = spawn(pathOfCommand(name, fixture.folder), args, {
      cwd,
      env: { ...ownEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const record = (/** @type {unknown} */ text) => {
      this.output = `${this.output}${text}`.slice(-KEPT_OUTPUT_CHARS);
    };
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.setEncoding("utf8").on("data", record);
    this.#exited = once(this.#child, "exit").catch(record);
    process.once("exit", this.#killGroup);
  }

  /** Returns the end of what it printed after the first characters. @param {number} [from] */
  printed(from = 0) {
    return this.output.slice(from).slice(-SHOWN_OUTPUT_CHARS);
  }

  /** How the process ended, e.g. `SIGTERM` or `0`; `undefined` while it runs. */
  get end() {
    return this.#child.signalCode ?? this.#child.exitCode ?? undefined;
  }

  /** Sends a signal to the process alone, as a container's runtime does. @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#child.kill(signal);
  }

  /** Sends SIGINT to the process and all that it has started, as a terminal does for Ctrl-C. */
  interrupt() {
    process.kill(-(/** @type {number} */ (this.#child.pid)), "SIGINT");
  }

  /** True while the process, or one that it has started, runs. */
  get isGroupAlive() {
    try {
      return this.#child.pid !== undefined && process.kill(-this.#child.pid, 0);
    } catch {
      return false;
    }
  }

  /** Resolves when the process has ended. Rejects after `timeout` ms. @param {number} timeout */
  async exit(timeout) {
    const isOver = () => this.end !== undefined || this.#child.pid === undefined;
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, timeout);
    });
    if (!isOver()) await Promise.race([this.#exited, late]);
    clearTimeout(timer);
    if (!isOver()) throw new Error(`The process did not end within ${timeout} ms.`);
    return this.end;
  }

  /** Ends the process and all that it has started. */
  async stop() {
    this.#killGroup();
    await this.exit(10_000);
    process.off("exit", this.#killGroup);
  }

  #killGroup = () => {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // All processes of the group have ended.
    }
  };
}

/**
 * Builds a project, and returns what was printed. Throws the output of a command that fails.
 * @param {NamedFixture} fixture
 * @param {Mode} mode
 * @param {string} cwd
 */
export async function build(fixture, { build: commands = [], env = {} }, cwd) {
  let output = "";
  for (const command of commands) {
    const child = new FixtureProcess(command, { fixture, cwd, env });
    const end = await child.exit(BUILD_TIMEOUT_MS).finally(() => child.stop());
    if (end !== 0) throw new Error(`${command.join(" ")} ended with ${end}:\n${child.printed()}`);
    output += child.output;
  }
  return output;
}

/**
 * Starts the server of a project on a free port. It may not listen yet.
 * @param {NamedFixture} fixture
 * @param {Mode} mode
 * @param {string} cwd
 */
export async function start(fixture, { start: command, env = {} }, cwd) {
  const port = await freePort();
  const words = command.map((word) => word.replaceAll("%PORT%", `${port}`));
  const server = new FixtureProcess(words, { fixture, cwd, env: { ...env, PORT: `${port}`, HOST: "127.0.0.1" } });
  return { port, server };
}

/** The environment of this process, without the variables of npm and of test runners. */
function ownEnvironment() {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^npm_|^(NODE_ENV|VITEST|FORCE_COLOR|PORT)$/i.test(name),
  );
  return { ...Object.fromEntries(entries), NO_COLOR: "1" };
}
