import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where exports are written: a folder of this start's own, which goes when the desk closes. */
export class ExportFiles {
  #opening: Promise<string> | undefined;
  #folder: string | undefined;

  async pathOf(jobId: string): Promise<string> {
    this.#opening ??= mkdtemp(join(tmpdir(), `desk-exports-${process.pid}-`));
    this.#folder = await this.#opening;
    return join(this.#folder, `${jobId}.csv`);
  }

  async remove(jobId: string): Promise<void> {
    await rm(await this.pathOf(jobId), { force: true });
  }

  async close(): Promise<void> {
    const folder = await this.#opening;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  /** The same at once, for a process that is about to exit. */
  closeNow(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}
