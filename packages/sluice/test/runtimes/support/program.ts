import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A line of JSON that a program has printed: see `programs/routes.mjs`. */
export type Message = Readonly<Record<string, unknown>>;

/** A running program of the folder `programs`. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #messages: Message[] = [];
  /** Resolves when the program has ended, to its exit code or the signal that ended it. */
  readonly ended: Promise<number | string>;
  #stderr = "";
  #onMessage: () => void = () => undefined;

  /** Runs a program. The command line does not contain its path: `["deno", "run"]`. */
  constructor([command, ...args]: readonly string[], name: string, options: readonly string[] = []) {
    const path = fileURLToPath(new URL(`../programs/${name}`, import.meta.url));
    const child = spawn(command as string, [...args, path, ...options], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stderr.on("data", (text) => (this.#stderr += text));
    createInterface(child.stdout).on("line", (line) => {
      this.#messages.push(JSON.parse(line));
      this.#onMessage();
    });
    this.ended = new Promise((resolve) => {
      child.on("close", (code, signal) => {
        this.#messages.push({ exit: code ?? signal });
        this.#onMessage();
        resolve(code ?? (signal as string));
      });
    });
  }

  /** The messages that no call of `message` has removed. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The text that it has written to standard error. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves with the origin on which it listens. */
  async origin(): Promise<string> {
    return `http://127.0.0.1:${(await this.message("port")).port}`;
  }

  /** Removes and returns the first message with this field, and waits for it if needed. Throws if the program ends. */
  async message(field: string): Promise<Message> {
    for (;;) {
      const index = this.#messages.findIndex((message) => field in message || "exit" in message);
      const message = this.#messages[index];
      if (message !== undefined && field in message) return this.#messages.splice(index, 1)[0] as Message;
      if (message !== undefined) throw new Error(`The program ended with ${message.exit}:\n${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#onMessage = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
    if (!isOver && this.#child.kill()) await once(this.#child, "close");
  }
}
