import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../../../src/logs/log.ts";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { expectRoundBelow } from "../../../support/rounds.ts";
import { REDIS_SERVER } from "../../../support/stores/redis-server.ts";
import { LITTLE_GARBAGE, MAX_GROWTH_BYTES } from "../../support/catch-up-growth.ts";
import { catchesUpInBoundedMemory } from "../../support/contracts/catch-up-contract.ts";
import { KEEP_ALL, recorder } from "../../support/contracts/log-contract.ts";
import { growthOfFollower } from "../../support/growth-of-follower.ts";
import { buildFollower } from "../../support/processes/follower-program.ts";
import { NodeProcess } from "../../support/processes/node-process.ts";
import { useRedisStores } from "../../support/use-catch-up-stores.ts";
import { entry, range, useRedis } from "../support/use-redis.ts";

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 3;

describe.skipIf(REDIS_SERVER === undefined)("a node that has missed much in Redis", { timeout: 300_000 }, () => {
  const stores = useRedis();
  const { start, closeLater } = stores;

  catchesUpInBoundedMemory("redisLog", useRedisStores(stores));

  /** Returns the bytes by which a node grows while it reads what it has missed. */
  const measure = async (program: string): Promise<number> => {
    const redis = await start();
    using node = new NodeProcess(program, "redisLog", { url: redis.url, timeout: TIMEOUT_MS }, LITTLE_GARBAGE);
    const log = redisLog({ url: redis.url, timeout: TIMEOUT_MS });
    closeLater(log);
    // `await`: the process must live until then.
    return await growthOfFollower({ node, log, append: (channel, entries) => channel.append(entries) });
  };

  it("reads many channels in bounded memory, and lets them take turns", async () => {
    await using program = await buildFollower("redisLog");
    await expectRoundBelow(MAX_GROWTH_BYTES, () => measure(program.path), ATTEMPTS);
  });

  it("receives and reads events that are larger than `maxReadBytes`, each once and in order", async () => {
    const redis = await start();
    const small = redisLog({ url: redis.url, maxReadBytes: 65_536 });
    const other = redisLog({ url: redis.url });
    closeLater(small);
    closeLater(other);
    const names = ["a", "b", "c"];
    const retain = KEEP_ALL;
    const followed = await Promise.all(names.map(async (name) => small.open(name, { retain })));
    const recorders = followed.map((channel) => {
      const { seen, listener } = recorder();
      channel.tail(listener);
      return seen;
    });
    const events = range(1, 6).map((n) => entry(n, { data: `${n} ${"x".repeat(n * 100_000)}` }));
    for (const name of names) await (await other.open(name, { retain })).append(events);
    const data = events.map((event) => event.data);
    for (const [i, channel] of followed.entries()) {
      await expect.poll(() => recorders[i]!.map((found) => found.data)).toEqual(data);
      expect(channel.last).toBe(6);
    }
    const read = await Promise.all(followed.map((channel) => channel.read(0, 100, Number.POSITIVE_INFINITY)));
    for (const found of read) expect((found as LogEntry[]).map((event) => event.data)).toEqual(data);
  });
});
