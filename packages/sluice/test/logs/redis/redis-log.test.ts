import { afterAll, beforeAll, describe } from "vitest";
import { redisLog } from "../../../src/logs/redis/redis-log.ts";
import { DURABLE, REDIS_SERVER, type RedisServer, startRedis } from "../../support/stores/redis-server.ts";
import { closedChannelContract } from "../support/contracts/closed-channel-contract.ts";
import { killedPublisherContract } from "../support/contracts/killed-publisher-contract.ts";
import { logContract } from "../support/contracts/log-contract.ts";
import { sharedLogContract } from "../support/contracts/shared-log-contract.ts";
import { EVENTS, likeMemory } from "../support/like-memory.ts";

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

  closedChannelContract("redisLog", async () => {
    const server = await startRedis(DURABLE);
    const prefix = `${prefixes++}:`;
    const forEachKey = async (command: (key: string) => string) => {
      for (const name of ["log", "meta", "ids"]) await server.ask(command(`${prefix}{orders}:${name}`));
    };
    return {
      open: () => redisLog({ url: server.url, prefix }),
      copy: () => forEachKey((key) => `COPY ${key} copy:${key} REPLACE`),
      restore: () => forEachKey((key) => `COPY copy:${key} ${key} REPLACE`),
      async restart() {
        await server.kill();
        await server.start();
      },
      stop: () => server.stop(),
    };
  });

  likeMemory("redisLog", newStore, EVENTS);
});
