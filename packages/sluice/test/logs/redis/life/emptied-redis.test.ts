import { describe, expect, it } from "vitest";
import { REDIS_SERVER } from "../../../support/stores/redis-server.ts";
import { entries, entry, numbersOf, range, readNumbers, useRedis } from "../support/use-redis.ts";

describe.skipIf(REDIS_SERVER === undefined)("redisLog, when Redis is emptied by FLUSHALL", () => {
  const { start, join } = useRedis();

  it("begins a new epoch while appends go on, and never takes new events for old ones", async () => {
    const redis = await start();
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 3));
    await expect.poll(() => numbersOf(b.seen)).toEqual([1, 2, 3]);
    const { epoch } = a.channel;
    await redis.ask("FLUSHALL");
    // The new offsets continue beyond those that `b` knows. Only the epoch shows that they belong to another life.
    const offsets = await Promise.all(range(101, 120).map((n) => a.channel.append([entry(n)])));
    expect(offsets.flat()).toEqual(range(1, 20));
    expect(a.channel.epoch).not.toBe(epoch);
    expect(numbersOf(a.seen)).toEqual(range(101, 120));
    await expect.poll(() => b.channel.epoch).toBe(a.channel.epoch);
    expect(b.resets).toHaveLength(1);
    await b.channel.sync();
    expect(b.channel.last).toBe(20);
    expect(numbersOf(b.seen)).toEqual(range(101 + b.resets[0]!, 120));
    for (const [n, epochOfN] of b.epochOf) expect(epochOfN === epoch).toBe(n < 100);
    // The tail of `b` no longer waits at the old end of the log.
    await a.channel.append([entry(121)]);
    await expect.poll(() => numbersOf(b.seen).at(-1)).toBe(121);
  });

  it("appends nothing in an epoch that is over", async () => {
    const redis = await start();
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 5));
    await b.channel.sync();
    const { epoch } = b.channel;
    await redis.ask("FLUSHALL");
    // The new offset is not beyond those that `b` knows, so its tail cannot have seen the entry.
    expect(await a.channel.append([entry(101)])).toEqual([1]);
    expect(await b.channel.append([entry(102)])).toEqual([2]);
    expect(b.channel.epoch).not.toBe(epoch);
    expect(b.channel.epoch).toBe(a.channel.epoch);
    expect(await readNumbers(b.channel)).toEqual([101, 102]);
  });

  it("begins a new epoch although nothing is appended", async () => {
    const redis = await start();
    const { channel, resets } = await join(redis.port);
    await channel.append(entries(1, 3));
    await redis.ask("FLUSHALL");
    await expect.poll(() => resets).toEqual([0]);
    expect(channel).toMatchObject({ first: 1, last: 0 });
  });
});
