import { copyFile, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { sleep } from "../../../src/base/time/timers.ts";
import { lmdbLog } from "../../../src/logs/lmdb/lmdb-log.ts";
import { closedChannelContract } from "../support/contracts/closed-channel-contract.ts";
import { killedPublisherContract } from "../support/contracts/killed-publisher-contract.ts";
import { logContract } from "../support/contracts/log-contract.ts";
import { sharedLogContract } from "../support/contracts/shared-log-contract.ts";
import { EVENTS_AND_BYTES, likeMemory } from "../support/like-memory.ts";

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

/** Time after which a process has closed a folder that is not at its path any more, in ms. */
const CLOSED_MS = 1_500;

closedChannelContract("lmdbLog", async () => {
  const path = newPath();
  const [data, copy, away] = [join(path, "data.mdb"), `${path}-copy.mdb`, `${path}-away`];
  return {
    open: () => lmdbLog({ path }),
    copy: () => copyFile(data, copy),
    // The file stays the same one, with older content.
    async restore() {
      await rename(path, away);
      await sleep(CLOSED_MS);
      await copyFile(copy, join(away, "data.mdb"));
      await rename(away, path);
    },
  };
});

likeMemory("lmdbLog", newStore, EVENTS_AND_BYTES);
