import { mkdtemp, rm } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe } from "vitest";
import { lmdbLog } from "../../../src/logs/lmdb/lmdb-log.ts";
import { catchesUpInBoundedMemory } from "../support/catch-up-contract.ts";

// Elsewhere the size of another process is not in `/proc`.
describe.skipIf(platform() !== "linux")("LMDB", { timeout: 120_000 }, () => {
  const cleanUps: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  });

  catchesUpInBoundedMemory("lmdbLog", async () => {
    const path = await mkdtemp(join(tmpdir(), "sluice-catch-up-data-"));
    const log = lmdbLog({ path });
    cleanUps.push(async () => {
      await log.close();
      await rm(path, { recursive: true });
    });
    return { options: { path }, log };
  });
});
