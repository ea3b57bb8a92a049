import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder that is deleted when the test is over; ask for it before whatever writes into it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "desk-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
