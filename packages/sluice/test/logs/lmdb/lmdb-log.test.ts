import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { lmdbLog } from "../../../src/logs/lmdb/lmdb-log.ts";
import { EVENTS_AND_BYTES, likeMemory } from "../support/like-memory.ts";
import { logContract } from "../support/log-contract.ts";
import { sharedLogContract } from "../support/shared-log-contract.ts";

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-lmdb-"));
});

afterAll(() => rm(folder, { recursive: true }));

const newPath = () => join(folder, String(++count));

logContract("lmdbLog", () => lmdbLog({ path: newPath() }));

sharedLogContract("lmdbLog", async () => {
  const path = newPath();
  return { open: () => lmdbLog({ path }) };
});

likeMemory(
  "lmdbLog",
  async () => {
    const path = newPath();
    return { open: () => lmdbLog({ path }) };
  },
  EVENTS_AND_BYTES,
  100,
);
