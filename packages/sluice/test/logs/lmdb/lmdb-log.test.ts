import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { lmdbLog } from "../../../src/logs/lmdb/lmdb-log.ts";
import { killedPublisherContract } from "../support/killed-publisher-contract.ts";
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

const newStore = async () => {
  const options = { path: newPath() };
  return { module: "lmdb/lmdb-log.ts", make: "lmdbLog", options, open: () => lmdbLog(options) };
};

sharedLogContract("lmdbLog", newStore);

killedPublisherContract("lmdbLog", newStore);

likeMemory("lmdbLog", newStore, EVENTS_AND_BYTES);
