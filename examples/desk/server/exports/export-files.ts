import { rmSync } from "node:fs";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes the folder for the exports of one start of the desk. The caller deletes it. */
export function makeExportsFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), `desk-exports-${process.pid}-`));
}

const EXTENSION = ".csv";

/** The export files, in a folder of this process or in one that the workers of a desk share. */
export class ExportFiles {
  readonly #shared: string | undefined;
  #opening: Promise<string> | undefined;
  #own: string | undefined;

  constructor(shared: string | undefined) {
    this.#shared = shared;
  }

  /** Resolves to the path of a job's file. */
  async pathOf(jobId: string): Promise<string> {
    return join(await this.#folder(), jobId + EXTENSION);
  }

  /** Makes an empty file for the job, so that `jobIds` lists the job from now on. Resolves to its path. */
  async reserve(jobId: string): Promise<string> {
    const path = await this.pathOf(jobId);
    await writeFile(path, "", { flag: "wx" });
    return path;
  }

  /** Resolves to the IDs of all jobs with a file, written by any process. The newest file is the last. */
  async jobIds(): Promise<string[]> {
    const names = await readdir(await this.#folder());
    const jobIds = names.filter((name) => name.endsWith(EXTENSION)).map((name) => name.slice(0, -EXTENSION.length));
    const files = jobIds.map(async (jobId) => ({ jobId, writtenAt: await this.#writtenAt(jobId) }));
    return (await Promise.all(files)).sort((a, b) => a.writtenAt - b.writtenAt).map(({ jobId }) => jobId);
  }

  async remove(jobId: string): Promise<void> {
    await rm(await this.pathOf(jobId), { force: true });
  }

  /** Deletes the folder, unless it is shared. */
  async close(): Promise<void> {
    await this.#opening;
    if (this.#own !== undefined) await rm(this.#own, { recursive: true, force: true });
  }

  /** Like `close`, but synchronous, for a process that is about to exit. */
  closeNow(): void {
    if (this.#own !== undefined) rmSync(this.#own, { recursive: true, force: true });
  }

  /** In ms since 1970; 0 if another process has deleted the file. */
  async #writtenAt(jobId: string): Promise<number> {
    return stat(await this.pathOf(jobId)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
  }

  async #folder(): Promise<string> {
    if (this.#shared !== undefined) return this.#shared;
    this.#opening ??= makeExportsFolder();
    this.#own = await this.#opening;
    return this.#own;
  }
}
