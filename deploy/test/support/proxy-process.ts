import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../../../packages/sluice/test/support/until.ts";
import { programPath } from "../../../scripts/programs.mjs";
import { freePort } from "../../../scripts/server-process.mjs";
import type { Address } from "./stream-client.ts";

const DEPLOY = fileURLToPath(new URL("../../", import.meta.url));
const CERTIFICATE = fileURLToPath(new URL("../../../packages/sluice/test/support/localhost.pem", import.meta.url));
const START_TIMEOUT_MS = 20_000;
/** A proxy that waits for its streams is killed after this time. */
const STOP_TIMEOUT_MS = 3_000;

/** The places that a test gives a proxy. */
export interface Places {
  /** A temporary folder for everything that the proxy writes. */
  readonly folder: string;
  /** The ports for clients. */
  readonly http: number;
  readonly https: number;
  /** The ports of the two processes. They may be equal. */
  readonly desks: readonly [number, number];
  /** A file with a certificate for localhost and its key. */
  readonly certificate: string;
}

/** A kind of proxy. */
export interface ProxyKind {
  /** Name in docs and in the figures that tests print. */
  readonly name: string;
  /** Name in scripts/programs.mjs. */
  readonly program: string;
  /** The shipped file, relative to deploy/. */
  readonly file: string;
  /**
   * Returns the replacements in its files: each text on the left stands for a place of the machine. A shipped file must
   * contain each of them.
   */
  replacements(places: Places): Readonly<Record<string, string>>;
  /** Returns the command line that runs the file in the foreground. */
  args(file: string, places: Places): readonly string[];
}

export interface ProxySettings {
  /** The ports of the two processes. */
  readonly desks: readonly [number, number];
  /** Another file of deploy/ instead of the shipped one, such as a broken one. It need not contain each place. */
  readonly file?: string;
}

/** A proxy that runs with a file of deploy/, in which only ports and paths are replaced. */
export class ProxyProcess implements AsyncDisposable, Address {
  readonly port: number;
  readonly tlsPort: number;
  #output = "";
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor({ http, https, folder }: Places, child: ChildProcess) {
    this.port = http;
    this.tlsPort = https;
    this.#folder = folder;
    this.#child = child;
    const record = (text: unknown) => void (this.#output = `${this.#output}${text}`.slice(-4_000));
    for (const output of [child.stdout, child.stderr]) output?.on("data", record);
    child.once("error", record);
  }

  /** Starts a proxy, and resolves when it accepts connections. */
  static async start(proxy: ProxyKind, { desks, file = proxy.file }: ProxySettings): Promise<ProxyProcess> {
    const command = programPath(proxy.program);
    if (command === undefined) throw new Error(`${proxy.program} is not found. \`npm run test:proxies\` installs it.`);
    const folder = await mkdtemp(join(tmpdir(), `sluice-${proxy.program}-`));
    await chmod(folder, 0o755); // for proxies whose workers run as another user
    const certificate = join(folder, "localhost.pem");
    await cp(CERTIFICATE, certificate);
    const places = { folder, certificate, desks, http: await freePort(), https: await freePort() };
    const copy = join(folder, file.split("/").at(-1) ?? "");
    const text = await readFile(join(DEPLOY, file), "utf8");
    await writeFile(copy, replacePlaces(text, proxy.replacements(places), file === proxy.file));
    const child = spawn(command, [...proxy.args(copy, places)], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    const running = new ProxyProcess(places, child);
    await running.#listening(proxy.name).catch(async (error: unknown) => {
      await running.stop();
      throw error;
    });
    return running;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    }
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #listening(name: string): Promise<void> {
    await until(
      `${name} listens`,
      async () => {
        if (this.#child.exitCode !== null) throw new Error(`${name} did not start. It printed: ${this.#output}`);
        return isListening(this.port);
      },
      START_TIMEOUT_MS,
    );
  }
}

/**
 * Replaces each key of `replacements` by its value. Throws if `isComplete` and the text does not contain a key: the
 * file and its table in deploy/README.md differ.
 */
function replacePlaces(text: string, replacements: Readonly<Record<string, string>>, isComplete: boolean): string {
  let replaced = text;
  for (const [place, value] of Object.entries(replacements)) {
    if (isComplete && !text.includes(place)) throw new Error(`The shipped file does not contain "${place}".`);
    replaced = replaced.replaceAll(place, value);
  }
  return replaced;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  socket.destroy();
  return isOpen;
}
