import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { buildNodeProgram, type NodeProgram } from "../../../support/programs/node-program.ts";
import { until } from "../../../support/until.ts";

const PEM = fileURLToPath(new URL("../../../support/localhost.pem", import.meta.url));

const PROGRAM = `
  import { readFileSync } from "node:fs";
  import { createServer } from "node:http";
  import { createSecureServer } from "node:http2";
  import { createSluice } from "./sluice.js";

  const [kind, port, pem, drain] = process.argv.slice(2);
  const sluice = createSluice({ retry: 500 });
  const news = sluice.channel("news");
  const publishing = setInterval(() => news.publish("n", process.pid).catch(() => undefined), 50);
  const handle = (req, res) => {
    res.setHeader("access-control-allow-origin", "*");
    if (req.url.startsWith("/stream/")) return void sluice.stream(req, res, news.subscribe());
    res.setHeader("content-type", "text/html");
    res.end("<!doctype html><title>restart</title>");
  };
  const certificate = () => ({ key: readFileSync(pem), cert: readFileSync(pem), allowHTTP1: true });
  const server = kind === "http" ? createServer(handle) : createSecureServer(certificate(), handle);
  server.listen(Number(port), "127.0.0.1", () => process.send({ port: server.address().port }));
  process.once("SIGTERM", async () => {
    process.disconnect();
    await sluice.drain({ server, ...JSON.parse(drain) });
    await sluice.close();
    clearInterval(publishing);
  });
`;

/** The end of a process: its exit code, or the signal that has ended it. */
export type ProcessEnd = readonly [code: number | null, signal: string | null];

/** A server in a process of its own, as the guide shows it. It can be restarted on its port. */
export class RestartableServer implements AsyncDisposable {
  port = 0;
  readonly #kind: "http" | "http2s";
  readonly #program: NodeProgram;
  #child!: ChildProcess;

  private constructor(kind: "http" | "http2s", program: NodeProgram) {
    this.#kind = kind;
    this.#program = program;
  }

  static async start(kind: "http" | "http2s"): Promise<RestartableServer> {
    const server = new RestartableServer(kind, await buildNodeProgram(PROGRAM));
    await server.#launch();
    return server;
  }

  /** Identifies the running process. Its events have this data. */
  get pid(): number {
    return this.#child.pid as number;
  }

  get origin(): string {
    return `${this.#kind === "http" ? "http" : "https"}://localhost:${this.port}`;
  }

  /** Asks the process to end, waits until it has ended by itself, and starts the next one on its port. */
  async restart(): Promise<ProcessEnd> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const end = (await exited) as unknown as ProcessEnd;
    await this.#launch();
    return end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await until("the process is gone", () => this.#child.signalCode !== null || this.#child.exitCode !== null);
    await this.#program[Symbol.asyncDispose]();
  }

  async #launch(): Promise<void> {
    // A timeout that no drain of a test may need: the process must end because nothing is left.
    const drain = JSON.stringify({ timeout: 300_000, pace: 500, spread: 500 });
    this.#child = fork(this.#program.file, [this.#kind, String(this.port), PEM, drain]);
    const [message] = await once(this.#child, "message");
    this.port = (message as { port: number }).port;
  }
}
