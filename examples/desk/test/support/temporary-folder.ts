import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes a folder that is deleted when the test ends. Make it before the desk that writes into it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "desk-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
