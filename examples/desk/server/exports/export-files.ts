import { rmSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes the folder for the exports of one start of the desk. Whoever made it deletes it. */
export function makeExportsFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), `desk-exports-${process.pid}-`));
}

const EXTENSION = ".csv";

/** Where exports are written: a folder of this start's own, or the one that the workers of a desk share. */
export class ExportFiles {
  readonly #shared: string | undefined;
  #opening: Promise<string> | undefined;
  #own: string | undefined;

  constructor(shared: string | undefined) {
    this.#shared = shared;
  }

  async pathOf(jobId: string): Promise<string> {
    return join(await this.#folder(), jobId + EXTENSION);
  }

  /** Makes a file that is still empty, so that from now on it is counted. */
  async reserve(jobId: string): Promise<string> {
    const path = await this.pathOf(jobId);
    await writeFile(path, "", { flag: "wx" });
    return path;
  }

  /** The jobs that have a file, whichever process writes it. */
  async jobIds(): Promise<string[]> {
    const names = await readdir(await this.#folder());
    return names.filter((name) => name.endsWith(EXTENSION)).map((name) => name.slice(0, -EXTENSION.length));
  }

  async remove(jobId: string): Promise<void> {
    await rm(await this.pathOf(jobId), { force: true });
  }

  /** Deletes the folder, unless it is shared. */
  async close(): Promise<void> {
    await this.#opening;
    if (this.#own !== undefined) await rm(this.#own, { recursive: true, force: true });
  }

  /** The same at once, for a process that is about to exit. */
  closeNow(): void {
    if (this.#own !== undefined) rmSync(this.#own, { recursive: true, force: true });
  }

  async #folder(): Promise<string> {
    if (this.#shared !== undefined) return this.#shared;
    this.#opening ??= makeExportsFolder();
    this.#own = await this.#opening;
    return this.#own;
  }
}
