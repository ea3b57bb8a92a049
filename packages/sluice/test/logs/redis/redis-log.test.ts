import { afterAll, beforeAll, describe } from "vitest";
import { redisLog } from "../../../src/logs/redis/redis-log.ts";
import { REDIS_SERVER, type RedisServer, startRedis } from "../../support/stores/redis-server.ts";
import { killedPublisherContract } from "../support/killed-publisher-contract.ts";
import { EVENTS, likeMemory } from "../support/like-memory.ts";
import { logContract } from "../support/log-contract.ts";
import { sharedLogContract } from "../support/shared-log-contract.ts";

describe.skipIf(REDIS_SERVER === undefined)("redisLog on a real Redis", () => {
  let redis: RedisServer;
  let prefixes = 0;

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(() => redis?.stop());

  logContract("redisLog", () => redisLog({ url: redis.url, prefix: `${prefixes++}:` }));

  const newStore = async () => {
    const prefix = `${prefixes++}:`;
    const options = { url: redis.url, prefix };
    return { module: "redis/redis-log.ts", make: "redisLog", options, open: () => redisLog(options) };
  };

  sharedLogContract("redisLog", newStore);

  killedPublisherContract("redisLog", newStore);

  likeMemory("redisLog", newStore, EVENTS);
});
