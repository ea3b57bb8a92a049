import { describe } from "vitest";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { REDIS_SERVER } from "../../../support/stores/redis-server.ts";
import { readsWithinMaxReadBytes } from "../../support/contracts/in-flight-contract.ts";
import { useRedis } from "../support/use-redis.ts";

const TIMEOUT_MS = 30_000;

describe.skipIf(REDIS_SERVER === undefined)("a Redis log", () => {
  const { start, closeLater } = useRedis();

  readsWithinMaxReadBytes(async () => {
    const { port } = await start();
    const makeLog = (port: number, maxReadBytes?: number) => {
      const limit = maxReadBytes === undefined ? {} : { maxReadBytes };
      const log = redisLog({ url: `redis://127.0.0.1:${port}`, timeout: TIMEOUT_MS, ...limit });
      closeLater(log);
      return log;
    };
    return { port, makeLog };
  });
});
