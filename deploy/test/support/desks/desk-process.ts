import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../../scripts/programs/server-process.mjs";
import { eventually } from "../eventually.ts";

const MAIN = fileURLToPath(new URL("../../../../examples/desk/dist/server/main.js", import.meta.url));
const SECRET = "a secret of the tests, of 32 bytes or more";
const SHOWN_OUTPUT_CHARS = 4_000;

/** A desk in a process of its own. Its port stays the same when it restarts. Its log is a folder. */
export class DeskProcess implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #output = "";

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  /** Starts a desk. Desks with the same folder share their log. */
  static async start(folder: string): Promise<DeskProcess> {
    const desk = new DeskProcess(await freePort(), folder);
    await desk.start();
    return desk;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = ["--port", `${this.port}`, "--log", `lmdb:${this.#folder}`, "--generator", "0", "--log-level", "warn"];
    const env = { ...process.env, JWT_SECRET: SECRET };
    const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    const record = (text: unknown) => void (this.#output = `${this.#output}${text}`.slice(-SHOWN_OUTPUT_CHARS));
    for (const output of [child.stdout, child.stderr]) output.on("data", record);
    this.#child = child;
    await eventually("the desk is ready", async () => {
      if (child.exitCode !== null) throw new Error(`The desk did not start. It printed: ${this.#output}`);
      return (await fetch(`${this.url}/health/ready`).catch(() => undefined))?.ok === true;
    });
  }

  /** Ends the desk with SIGTERM, as a process manager does. Resolves to the exit code when it has drained. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return null;
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    return code as number | null;
  }

  /** Signs in, and resolves to the headers of a user's requests. */
  async signIn(): Promise<{ authorization: string }> {
    const { token } = (await this.#post("/api/session", { userId: "ada" }, {})) as { token: string };
    return { authorization: `Bearer ${token}` };
  }

  /** Places an order, and resolves to the ID of its event. */
  async placeOrder(headers: Readonly<Record<string, string>>): Promise<string> {
    const order = (await this.#post("/api/orders", { customerName: "Ada", amount: 1 }, headers)) as { eventId: string };
    return order.eventId;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  async #post(path: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await fetch(this.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}
