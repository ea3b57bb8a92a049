import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { programPath } from "../../../../scripts/programs/programs.mjs";
import { freePort } from "../../../../scripts/programs/server-process.mjs";
import type { Address } from "../clients/stream-client.ts";
import { eventually } from "../eventually.ts";

const DEPLOY = fileURLToPath(new URL("../../../", import.meta.url));
const CERTIFICATE = fileURLToPath(new URL("../../../../packages/sluice/test/support/localhost.pem", import.meta.url));
const SHOWN_OUTPUT_CHARS = 4_000;
/** The time after which a proxy that still waits for its streams is killed, in ms. */
const STOP_TIMEOUT_MS = 3_000;

/** The places that a test gives a proxy. */
export interface Places {
  /** A temporary folder for everything that the proxy writes. */
  readonly folder: string;
  /** The ports for clients. */
  readonly http: number;
  readonly https: number;
  /** A port between two programs of the proxy. */
  readonly inner: number;
  /** The ports of the two processes. They may be equal. */
  readonly desks: readonly [number, number];
  /** A file with a certificate for localhost and its key. */
  readonly certificate: string;
}

/** A command line that runs in the foreground. */
export type Command = readonly [program: string, ...args: string[]];

/** A kind of proxy. */
export interface ProxyKind {
  /** Name in docs and in the figures that tests print. */
  readonly name: string;
  /** Name in scripts/programs/programs.mjs. */
  readonly program: string;
  /** The shipped files, relative to deploy/. A broken file replaces the first, unless a test names another. */
  readonly files: readonly [string, ...string[]];
  /**
   * Returns the replacements in the files. Each text on the left stands for a place on the machine. The shipped files
   * must contain each of them.
   */
  replacements(places: Places): Readonly<Record<string, string>>;
  /** Returns the command lines of its programs, given the texts of the files after the replacements. */
  commands(files: readonly PlacedFile[], places: Places): readonly Command[];
  /** True if the proxy accepts connections before it has its routes, and answers 404 until then. */
  readonly startsWithoutRoutes?: boolean;
}

/** A copy of a file of deploy/, with its places replaced. */
export interface PlacedFile {
  readonly path: string;
  readonly text: string;
}

export interface ProxySettings {
  /** The ports of the two processes. */
  readonly desks: readonly [number, number];
  /** A file of deploy/ that takes the place of a shipped one. It need not contain each place. */
  readonly file?: string;
  /** The shipped file whose place it takes. Default: the first. */
  readonly replacedFile?: string;
}

/** A proxy that runs with the files of deploy/, in which only ports and paths are replaced. */
export class ProxyProcess implements AsyncDisposable, Address {
  readonly port: number;
  readonly tlsPort: number;
  #output = "";
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];

  private constructor({ http, https, folder }: Places) {
    this.port = http;
    this.tlsPort = https;
    this.#folder = folder;
  }

  /** Starts a proxy, and resolves when it accepts connections. */
  static async start(kind: ProxyKind, { desks, file, replacedFile }: ProxySettings): Promise<ProxyProcess> {
    const folder = await mkdtemp(join(tmpdir(), `sluice-${kind.program}-`));
    await chmod(folder, 0o1777); // for proxies whose workers run as another user
    const certificate = join(folder, "localhost.pem");
    await cp(CERTIFICATE, certificate);
    const [http, https, inner] = [await freePort(), await freePort(), await freePort()];
    const places: Places = { folder, certificate, desks, http, https, inner };
    const running = new ProxyProcess(places);
    const files = await placeFiles(kind, places, file, replacedFile);
    for (const command of kind.commands(files, places)) running.#spawn(command);
    const hasCleartext = files.some(({ text }) => text.includes(`${http}`));
    await running.#listening(kind, hasCleartext ? http : https).catch(async (error: unknown) => {
      await running.stop();
      throw error;
    });
    return running;
  }

  /** Process IDs of its programs. */
  get pids(): number[] {
    return this.#children.flatMap(({ pid }) => pid ?? []);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map(endProcess));
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #spawn([program, ...args]: Command): void {
    const command = programPath(program);
    if (command === undefined) throw new Error(`${program} is not found. \`npm run test:proxies\` installs it.`);
    const env = { ...process.env, HOME: this.#folder };
    const child = spawn(command, args, { cwd: this.#folder, env, stdio: ["ignore", "pipe", "pipe"] });
    const record = (text: unknown) => void (this.#output = `${this.#output}${text}`.slice(-SHOWN_OUTPUT_CHARS));
    for (const output of [child.stdout, child.stderr]) output.on("data", record);
    child.once("error", record);
    this.#children.push(child);
  }

  async #listening({ name, startsWithoutRoutes = false }: ProxyKind, port: number): Promise<void> {
    await eventually(`${name} listens`, async () => {
      if (this.#children.some(({ exitCode }) => exitCode !== null))
        throw new Error(`${name} did not start. It printed: ${this.#output}`);
      return (await isListening(port)) && (!startsWithoutRoutes || (await hasRoutes(port)));
    });
  }
}

/** Ends a process. Kills it after 3 s if it still waits for its open streams. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

/**
 * Copies the files of a proxy to the folder, and replaces their places. `broken` replaces one of the files. Throws if
 * no shipped file contains a place, because the table in deploy/README.md then differs from the files.
 */
async function placeFiles(
  kind: ProxyKind,
  places: Places,
  broken: string | undefined,
  replacedFile = kind.files[0],
): Promise<PlacedFile[]> {
  const names = kind.files.map((name) => (name === replacedFile ? (broken ?? name) : name));
  const texts = await Promise.all(names.map((name) => readFile(join(DEPLOY, name), "utf8")));
  const replacements = Object.entries(kind.replacements(places));
  const unused = replacements.filter(([place]) => !texts.some((text) => text.includes(place)));
  if (broken === undefined && unused.length > 0) throw new Error(`No shipped file contains ${unused.join(", ")}.`);
  const files = kind.files.map((name, index) => ({
    path: join(places.folder, basename(name)),
    text: replacements.reduce((text, [place, value]) => text.replaceAll(place, value), texts[index]!),
  }));
  await Promise.all(files.map(({ path, text }) => writeFile(path, text)));
  return files;
}

/** Returns false while a proxy answers 404, because it has no routes yet. */
async function hasRoutes(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/health/live`).catch(() => undefined);
  await response?.body?.cancel();
  return response !== undefined && response.status !== 404;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  socket.destroy();
  return isOpen;
}
