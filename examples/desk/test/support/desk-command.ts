import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, vi } from "vitest";

const MAIN = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));

/** Starting several workers takes long on a busy machine. */
const START_TIMEOUT_MS = 60_000;

/** The desk, started from the command line. */
export class DeskCommand {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves to the exit code. */
  readonly ended: Promise<number | null>;
  output = "";
  /** Folder for the command's temporary files, so that a killed command leaves no files elsewhere. */
  readonly #temporary = mkdtempSync(join(tmpdir(), "desk-test-"));

  constructor(...args: string[]) {
    const env = { ...process.env, TMPDIR: this.#temporary };
    this.process = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    }
    this.ended = once(this.process, "close").then(([code]) => code as number | null);
  }

  /** Starts the desk, and kills it when the test ends. */
  static forTest(...args: string[]): DeskCommand {
    const command = new DeskCommand(...args);
    onTestFinished(() => command.kill());
    return command;
  }

  /** Kills the desk, and resolves when its processes are gone and its files are deleted. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
    await rm(this.#temporary, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Resolves to the URL that the command prints when it listens. */
  async url(): Promise<string> {
    const pattern = /^desk listening on (https?:\/\/127\.0\.0\.1:\d+)$/m;
    await vi.waitFor(() => expect(this.output).toMatch(pattern), { timeout: START_TIMEOUT_MS });
    return pattern.exec(this.output)![1]!;
  }

  /** The process IDs of all workers that have started to listen, by name, read from the log output. */
  get workers(): Map<string, number> {
    const workers = new Map<string, number>();
    for (const line of this.output.split("\n")) {
      if (!line.startsWith("{") || !line.includes("listening on")) continue;
      const { worker, pid } = JSON.parse(line) as { worker: string; pid: number };
      workers.set(worker, pid);
    }
    return workers;
  }

  /** Resolves to the export folders that the command has made and not deleted. */
  async exportFolders(): Promise<string[]> {
    return (await readdir(this.#temporary)).filter((name) => name.startsWith("desk-exports-"));
  }
}
