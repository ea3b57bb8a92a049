import { describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import type { ChannelLog, Log } from "../../../../src/logs/log.ts";
import { DURABLE, REDIS_SERVER, type RedisServer } from "../../../support/stores/redis-server.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { entries, entry, numbersOf, range, readNumbers, retry, useRedis } from "../support/use-redis.ts";

/** Copies all keys of database 0 to database 1. */
const COPY_ALL = [
  `EVAL "redis.call('SELECT', 1) redis.call('FLUSHDB') redis.call('SELECT', 0)`,
  `for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('COPY', key, key, 'DB', 1) end" 0`,
].join(" ");
/** Longer than the interval of checks, in ms. */
const NEXT_CHECK_MS = 1_200;

describe.skipIf(REDIS_SERVER === undefined)("redisLog, of a channel that was closed", () => {
  const { start, join } = useRedis();

  const open = (log: Log) => retry(() => log.open("orders", { retain: KEEP_ALL }));

  /** Publishes to the channel, copies Redis, publishes more, and closes the channel. Returns the epoch. */
  async function publishAndCopy(redis: RedisServer, log: Log, channel: ChannelLog): Promise<string> {
    await channel.append(entries(1, 20));
    const { epoch } = channel;
    await channel.close();
    await redis.ask(COPY_ALL);
    const again = await open(log);
    expect(again.epoch).toBe(epoch);
    await again.append(entries(21, 30));
    await again.close();
    return epoch;
  }

  it("begins another life if an older copy was restored", async () => {
    const redis = await start();
    const { log, channel } = await join(redis.port);
    const epoch = await publishAndCopy(redis, log, channel);
    await redis.ask("SWAPDB 0 1");
    const restored = await open(log);
    expect(restored.epoch).not.toBe(epoch);
    // A subscriber at event 20 has missed ten events.
    expect(restored.holds(epoch)).toBeUndefined();
    expect(await readNumbers(restored)).toEqual(range(1, 20));
  });

  it("begins another life although a new process looked first, and went on from the older copy", async () => {
    const redis = await start();
    const { log, channel } = await join(redis.port);
    const epoch = await publishAndCopy(redis, log, channel);
    await redis.ask("SWAPDB 0 1");
    const b = await join(redis.port);
    await b.channel.append(entries(101, 115));
    await expect.poll(() => b.channel.epoch).not.toBe(epoch);
    expect(b.channel.holds(epoch)).toBeUndefined();
    const restored = await open(log);
    expect(restored.epoch).toBe(b.channel.epoch);
    expect(await readNumbers(restored)).toEqual([...range(1, 20), ...range(101, 115)]);
  });

  it("begins another life if Redis restarted with an older copy", async () => {
    const redis = await start(DURABLE);
    const { log, channel } = await join(redis.port);
    await channel.append(entries(1, 20));
    const { epoch } = channel;
    await channel.close();
    await redis.save();
    const again = await open(log);
    await again.append(entries(21, 30));
    await again.close();
    await redis.kill();
    await redis.start("saved");
    const b = await join(redis.port);
    expect(await readNumbers(b.channel)).toEqual(range(1, 20));
    await expect.poll(() => b.channel.holds(epoch)).toBeUndefined();
  });

  it("keeps the positions of a channel that a process had open, and that lost nothing", async () => {
    const redis = await start();
    const { log, channel } = await join(redis.port);
    await channel.append(entries(1, 5));
    const { epoch } = channel;
    await sleep(NEXT_CHECK_MS);
    await redis.ask(COPY_ALL);
    const other = await log.open("other", { retain: KEEP_ALL });
    await other.append([entry(1)]);
    await other.close();
    await redis.ask("SWAPDB 0 1");
    await expect.poll(() => channel.epoch).not.toBe(epoch);
    expect(channel.holds(epoch)).toBe(5);
    const restored = await log.open("other", { retain: KEEP_ALL });
    expect(restored.last).toBe(0);
  });

  it("begins one life if several processes notice the older copy", async () => {
    const redis = await start();
    const [a, b] = [await join(redis.port), await join(redis.port)];
    const c = await join(redis.port);
    await b.channel.close();
    const epoch = await publishAndCopy(redis, a.log, a.channel);
    await expect.poll(() => numbersOf(c.seen)).toEqual(range(1, 30));
    await redis.ask("SWAPDB 0 1");
    await expect.poll(() => c.channel.epoch).not.toBe(epoch);
    await sleep(2 * NEXT_CHECK_MS);
    const settled = c.channel.epoch;
    const [again, further] = [await open(a.log), await open(b.log)];
    expect([again.epoch, further.epoch]).toEqual([settled, settled]);
    expect(again.holds(epoch)).toBeUndefined();
    await again.append([entry(900)]);
    await expect.poll(() => numbersOf(c.seen).at(-1)).toBe(900);
    expect(c.channel.epoch).toBe(settled);
  });
});
