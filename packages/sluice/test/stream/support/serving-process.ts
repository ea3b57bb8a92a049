import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import type { SluiceOptions, SluiceStats } from "../../../src/index.ts";
import { until } from "../../support/until.ts";

const PROGRAM = `
  import { createServer } from "node:http";
  import { createServer as createHttp2 } from "node:http2";
  import { createSluice } from "./sluice.js";

  const sluice = createSluice(JSON.parse(process.argv[2]));
  const channel = sluice.channel("news", { retain: { bytes: 2 ** 30 } });
  const answer = (req, res) => void sluice.stream(req, res, channel.subscribe({ from: "start" }));
  const listen = (server) =>
    new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
  const commands = {
    ports: async () => ({ http: await listen(createServer(answer)), http2: await listen(createHttp2(answer)) }),
    async publish({ events, characters }) {
      for (let i = 0; i < events; i++) await channel.publish("n", ".".repeat(characters));
    },
    stats: () => sluice.stats(),
    block({ ms }) {
      for (const end = performance.now() + ms; performance.now() < end; );
    },
  };
  process.on("message", async (message) => {
    process.send({ answer: (await commands[message.do](message)) ?? null });
  });
  process.on("disconnect", () => process.exit());
`;

/** A Sluice in a process of its own, whose subscribers read the channel "news" from its start. */
export class ServingProcess implements AsyncDisposable {
  ports!: { readonly http: number; readonly http2: number };
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(folder: string, options: SluiceOptions) {
    this.#folder = folder;
    this.#child = fork(join(folder, "program.js"), [JSON.stringify(options)]);
  }

  static async start(options: SluiceOptions): Promise<ServingProcess> {
    const folder = await mkdtemp(join(tmpdir(), "sluice-serving-"));
    const input = { sluice: fileURLToPath(new URL("../../../src/index.ts", import.meta.url)) };
    await build({ input, output: { dir: folder } });
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(join(folder, "program.js"), PROGRAM);
    const serving = new ServingProcess(folder, options);
    serving.ports = await serving.#ask({ do: "ports" });
    return serving;
  }

  publish(events: number, characters: number): Promise<void> {
    return this.#ask({ do: "publish", events, characters });
  }

  stats(): Promise<SluiceStats> {
    return this.#ask({ do: "stats" });
  }

  /** Stops the process for a time, in ms, as a machine does that is moved. */
  async pause(ms: number): Promise<void> {
    this.#child.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#child.kill("SIGCONT");
  }

  /** Blocks its event loop for a time, in ms. */
  block(ms: number): Promise<void> {
    return this.#ask({ do: "block", ms });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await until("the process is gone", () => this.#child.signalCode !== null || this.#child.exitCode !== null);
    await rm(this.#folder, { recursive: true });
  }

  /** Sends a command, and resolves to its answer. One at a time. */
  async #ask<Answer>(message: object): Promise<Answer> {
    this.#child.send(message);
    const [{ answer }] = await once(this.#child, "message");
    return answer;
  }
}
