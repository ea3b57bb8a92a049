import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A line that a program has written: see `programs/desk.mjs`. */
export type Message = Readonly<Record<string, unknown>>;

/** A program of this folder at work. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #messages: Message[] = [];
  #complaints = "";
  #wake: () => void = () => undefined;

  /** Runs a program by a command line without its name, such as `["deno", "run"]`. */
  constructor([command, ...args]: readonly string[], name: string, options: readonly string[] = []) {
    const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
    const child = spawn(command as string, [...args, path, ...options], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stderr.on("data", (text) => (this.#complaints += text));
    createInterface(child.stdout).on("line", (line) => {
      this.#messages.push(JSON.parse(line));
      this.#wake();
    });
    child.on("close", (code) => {
      this.#messages.push({ exit: code });
      this.#wake();
    });
  }

  /** What it wrote to standard error. */
  get complaints(): string {
    return this.#complaints;
  }

  /** Where it listens. */
  async origin(): Promise<string> {
    return `http://127.0.0.1:${(await this.said("port")).port}`;
  }

  /** Takes the first message that has this field, of those to come or not yet taken. */
  async said(field: string): Promise<Message> {
    for (;;) {
      const index = this.#messages.findIndex((message) => field in message || "exit" in message);
      const message = this.#messages[index];
      if (message !== undefined && field in message) return this.#messages.splice(index, 1)[0] as Message;
      if (message !== undefined) throw new Error(`The program ended with ${message.exit}:\n${this.#complaints}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
    if (!isOver && this.#child.kill()) await once(this.#child, "close");
  }
}
