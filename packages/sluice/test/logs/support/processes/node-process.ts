import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/**
 * Options of Node by which V8 collects garbage often, and on its main thread. Then a process's memory shows what it
 * holds rather than what V8 has not collected yet.
 */
export const OFTEN_COLLECTED: readonly string[] = ["--max-semi-space-size=1", "--single-threaded-gc"];

/** The program of a node: it fills the log with numbers, or serves them to subscribers. */
export const NODE_PROGRAM = `
  import { createServer } from "node:http";
  import { createSluice } from "./sluice.js";

  const [kind, options] = process.argv.slice(2);
  const { [kind]: makeLog } = await import("./" + kind + ".js");
  const sluice = createSluice({ log: makeLog(JSON.parse(options)) });
  const numbers = sluice.channel("numbers", { retain: { events: 1e7, bytes: 4 * 2 ** 30 } });
  const publish = (n, filler) => numbers.publish("number", n + " " + filler);
  const commands = {
    async fill({ events, characters }) {
      const filler = "x".repeat(characters);
      let n = 0;
      const publishSome = async () => {
        while (n < events) await publish(++n, filler);
      };
      // At the same time, some 1.5 MB.
      await Promise.all(Array.from({ length: Math.ceil(1_500_000 / characters) }, publishSome));
      return numbers.position();
    },
    position: () => numbers.position(),
    publish: ({ n }) => void publish(n, ""),
    async serve() {
      await numbers.position();
      const server = createServer((req, res) => void sluice.stream(req, res, numbers.subscribe()));
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      globalThis.gc();
      return server.address().port;
    },
  };
  process.on("message", async (message) => {
    const answer = await commands[message.do](message);
    if (answer !== undefined) process.send({ answer });
  });
  process.on("disconnect", () => process.exit());
`;

/** A node in a process of its own. */
export class NodeProcess implements Disposable, AsyncDisposable {
  readonly #child: ChildProcess;

  /** `nodeArgs`: more options of Node itself. `env`: more variables of its environment. */
  constructor(
    program: string,
    kind: string,
    options: object,
    nodeArgs: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
  ) {
    this.#child = fork(program, [kind, JSON.stringify(options)], {
      execArgv: ["--expose-gc", ...nodeArgs],
      env: { ...process.env, ...env },
    });
  }

  send(message: object): void {
    this.#child.send(message);
  }

  /** Sends a command, and resolves to its answer. Only one command at a time. */
  async ask<Answer>(message: object): Promise<Answer> {
    this.send(message);
    const answered = new AbortController();
    const { signal } = answered;
    try {
      const [{ answer }] = await Promise.race([once(this.#child, "message", { signal }), this.#ended(signal)]);
      return answer;
    } finally {
      answered.abort();
    }
  }

  /** Stops the process, as an operator or a busy machine does. */
  stop(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** The process's memory without mapped files: the system keeps LMDB's pages in memory as long as it likes. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "latin1");
    return Number(/^RssAnon:\s*(\d+) kB/m.exec(status)?.[1]) * 1_024;
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }

  /** Lets the process end by itself, so that it removes what it leaves in the system, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#child.connected) return;
    const exited = once(this.#child, "exit");
    this.#child.disconnect();
    await exited;
  }

  async #ended(signal: AbortSignal): Promise<never> {
    const [code, killedBy] = await once(this.#child, "exit", { signal });
    throw new Error(`A node exited unexpectedly: ${code ?? killedBy}`);
  }
}
