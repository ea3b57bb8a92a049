import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { lmdbLog } from "../../../src/logs/lmdb/lmdb-log.ts";
import { redisLog } from "../../../src/logs/redis/redis-log.ts";
import { useNats } from "../nats/support/use-nats.ts";
import { useRedis } from "../redis/support/use-redis.ts";
import type { CatchUpStore } from "./catch-up-growth.ts";

const TIMEOUT_MS = 30_000;

type OpenStore = () => Promise<CatchUpStore>;

/** Returns a function that opens a new LMDB folder for a test. The folder is removed after the test. */
export function useLmdbStores(): OpenStore {
  const cleanUps: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  });

  return async () => {
    const path = await mkdtemp(join(tmpdir(), "sluice-catch-up-data-"));
    const log = lmdbLog({ path });
    cleanUps.push(async () => {
      await log.close();
      await rm(path, { recursive: true });
    });
    return { options: { path }, log };
  };
}

/** Returns a function that starts a Redis for a test. */
export function useRedisStores({ start, closeLater }: ReturnType<typeof useRedis> = useRedis()): OpenStore {
  return async () => {
    const redis = await start();
    const options = { url: redis.url, timeout: TIMEOUT_MS };
    const log = redisLog(options);
    closeLater(log);
    return { options, log };
  };
}

/** Returns a function that opens a log of its own in NATS for a test. */
export function useNatsStores(nats: ReturnType<typeof useNats> = useNats()): OpenStore {
  let stores = 0;
  return async () => {
    const options = { servers: nats.server.url, timeout: TIMEOUT_MS, prefix: `use-${++stores}` };
    return { options, log: nats.newLog(options) };
  };
}
