import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where exports are written: a folder of this start's own, which goes when the desk closes. */
export class ExportFiles {
  #folder: Promise<string> | undefined;

  async pathOf(jobId: string): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), "desk-exports-"));
    return join(await this.#folder, `${jobId}.csv`);
  }

  async remove(jobId: string): Promise<void> {
    await rm(await this.pathOf(jobId), { force: true });
  }

  async close(): Promise<void> {
    const folder = await this.#folder;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
