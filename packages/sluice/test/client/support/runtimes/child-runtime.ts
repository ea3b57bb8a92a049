import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Runtime, Scenario } from "./runtime.ts";

const PROGRAM = fileURLToPath(new URL("../../programs/run-scenarios.mjs", import.meta.url));

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A runtime of the command line. A process of it runs the scenarios with the built client. */
export class ChildRuntime implements Runtime {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #id = 0;
  #stderr = "";

  /** Starts a process. The command line does not contain the program: `["deno", "run"]`. */
  constructor([command = "", ...args]: readonly string[]) {
    this.#child = spawn(command, [...args, PROGRAM], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.on("data", (text) => (this.#stderr += text));
    createInterface(this.#child.stdout).on("line", (line) => {
      const answer: Answer = JSON.parse(line);
      this.#answers.get(answer.id)?.(answer);
    });
    this.#child.on("exit", (code, signal) => {
      const error = `The runtime ended with ${code ?? signal}.\n${this.#stderr}`;
      for (const [id, answer] of this.#answers) answer({ id, error });
    });
  }

  async run<Argument, Result>(scenario: Scenario<Argument, Result>, argument: Argument): Promise<Result> {
    const id = ++this.#id;
    const answered = new Promise<Answer>((resolve) => this.#answers.set(id, resolve));
    this.#child.stdin.write(`${JSON.stringify({ id, source: scenario.toString(), argument })}\n`);
    const { result, error } = await answered;
    this.#answers.delete(id);
    if (error !== undefined) throw new Error(error);
    return result as Result;
  }

  stop(isStopped: boolean): void {
    this.#child.kill(isStopped ? "SIGSTOP" : "SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#answers.clear();
    const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
    if (!isOver && this.#child.kill()) await once(this.#child, "close");
  }
}
