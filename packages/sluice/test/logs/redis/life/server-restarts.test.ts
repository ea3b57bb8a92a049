import { describe, expect, it } from "vitest";
import { DURABLE, REDIS_SERVER } from "../../../support/stores/redis-server.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { entries, entry, numbersOf, publish, range, readNumbers, retry, useRedis } from "../support/use-redis.ts";

describe.skipIf(REDIS_SERVER === undefined)("redisLog, when Redis restarts", () => {
  const { start, proxyTo, join } = useRedis();

  it("begins a new epoch in which all positions are valid if Redis kept everything", async () => {
    const redis = await start(DURABLE);
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 5));
    await expect.poll(() => numbersOf(b.seen)).toEqual(range(1, 5));
    const { epoch } = a.channel;
    await redis.kill();
    await redis.start("kept");
    expect(await publish(a.channel, 6)).toBe(6);
    await expect.poll(() => numbersOf(b.seen)).toEqual(range(1, 6));
    expect(numbersOf(a.seen)).toEqual(range(1, 6));
    for (const { channel } of [a, b]) {
      expect(channel.epoch).not.toBe(epoch);
      expect(channel.holds(epoch)).toBe(5);
      expect(channel).toMatchObject({ first: 1, last: 6 });
    }
    expect(a.channel.epoch).toBe(b.channel.epoch);
    expect(await readNumbers(b.channel)).toEqual(range(1, 6));
  });

  it("keeps the life of a channel that was deleted and made anew, if a node missed this and the restart", async () => {
    const redis = await start(DURABLE);
    const proxy = await proxyTo(redis.port);
    const [a, late] = [await join(redis.port), await join(proxy.port)];
    await a.channel.append(entries(1, 5));
    await late.channel.sync();
    const deleted = a.channel.epoch;
    proxy.refuse();
    await a.channel.delete();
    await a.channel.append(entries(6, 8));
    const made = a.channel.epoch;
    await redis.kill();
    await redis.start("kept");
    expect(await publish(a.channel, 9)).toBe(4);
    const { epoch } = a.channel;
    expect(a.channel.holds(made)).toBe(3);
    proxy.resume();
    await retry(() => late.channel.sync());
    await a.channel.sync();
    for (const { channel } of [a, late]) {
      expect(channel.epoch).toBe(epoch);
      expect(channel.holds(made)).toBe(3);
      expect(await channel.wasDeleted?.(deleted)).toBe(true);
    }
  });

  it("begins a new epoch in which no position is valid if Redis lost its data", async () => {
    const redis = await start(DURABLE);
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 5));
    await b.channel.sync();
    const { epoch } = a.channel;
    await redis.kill();
    await redis.start("lost");
    await expect.poll(() => [a.channel.last, b.channel.last]).toEqual([0, 0]);
    expect([a.resets, b.resets]).toEqual([[0], [0]]);
    expect(a.channel.holds(epoch)).toBeUndefined();
    expect(await publish(a.channel, 1)).toBe(1);
    await expect.poll(() => numbersOf(b.seen)).toEqual([1]);
    expect(b.channel.epoch).toBe(a.channel.epoch);
  });

  it("begins a new epoch in which no position is valid if a process has seen more than Redis still has", async () => {
    const redis = await start();
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 5));
    await redis.ask("SAVE");
    await a.channel.append(entries(6, 9));
    await expect.poll(() => b.channel.last).toBe(9);
    const { epoch } = a.channel;
    await redis.kill();
    await redis.start("kept");
    await expect.poll(() => [a.resets.length, b.resets.length]).toEqual([1, 1]);
    expect([a.resets, b.resets]).toEqual([[5], [5]]);
    // A subscriber at event 5 has missed the four lost events after it.
    expect(b.channel.holds(epoch)).toBeUndefined();
    expect(await publish(b.channel, 100)).toBe(6);
    await expect.poll(() => numbersOf(a.seen)).toEqual([100]);
    expect(await readNumbers(a.channel)).toEqual([1, 2, 3, 4, 5, 100]);
  });

  it("begins a new epoch without valid positions if Redis returns to a state before the process's epoch", async () => {
    const redis = await start();
    const { channel, resets } = await join(redis.port);
    await channel.append(entries(1, 5));
    await redis.ask("SAVE");
    const { epoch } = channel;
    await redis.kill();
    await redis.start("kept");
    expect(await publish(channel, 6)).toBe(6);
    expect(channel.holds(epoch)).toBe(5);
    // The disk has neither event 6 nor the epoch that it was appended in.
    await redis.kill();
    await redis.start("kept");
    await expect.poll(() => resets).toEqual([5, 5]);
    expect(channel.holds(epoch)).toBeUndefined();
  });

  it("sets `lostAfter` if the entries after a publisher's own ID were lost", async () => {
    const redis = await start();
    const { channel, resets } = await join(redis.port);
    await channel.append([entry(1, { id: "own/1" })]);
    await redis.ask("SAVE");
    await channel.append([entry(2), entry(3)]);
    expect(channel.lostAfter).toBe(0);
    await redis.kill();
    await redis.start("kept");
    await expect.poll(() => resets).toEqual([1]);
    expect(channel.lostAfter).toBe(1);
    expect(await publish(channel, 4)).toBe(2);
    expect(await channel.positionOf("own/1")).toBe(1);
  });

  it("keeps positions valid up to the newest event that is left if no process knows of a loss", async () => {
    const redis = await start();
    const { log, channel } = await join(redis.port);
    await channel.append(entries(1, 5));
    await redis.ask("SAVE");
    await channel.append(entries(6, 9));
    const { epoch } = channel;
    await log.close();
    await redis.kill();
    await redis.start("kept");
    const after = await join(redis.port);
    expect(after.channel.epoch).not.toBe(epoch);
    expect(after.channel.holds(epoch)).toBe(5);
    expect(after.channel.last).toBe(5);
  });

  it("serves the other channels if a key of one channel is broken", async () => {
    const redis = await start(DURABLE);
    const proxy = await proxyTo(redis.port);
    const { log, channel } = await join(proxy.port);
    const other = await retry(() => log.open("other", { retain: KEEP_ALL }));
    await publish(channel, 1);
    const { epoch } = channel;
    proxy.refuse();
    await redis.kill();
    await redis.start();
    await redis.ask("RENAME sluice:{orders}:meta aside");
    await redis.ask("SET sluice:{orders}:meta 1");
    proxy.resume();
    expect(await publish(other, 1)).toBe(1);
    await expect(channel.append([entry(2)])).rejects.toThrow(/choose another `prefix`/);
    await redis.ask("RENAME aside sluice:{orders}:meta");
    expect(await publish(channel, 2)).toBe(2);
    // On connecting, the lookup of the life failed. The log repeats it before the append.
    expect(channel.epoch).not.toBe(epoch);
    expect(channel.holds(epoch)).toBe(1);
  });
});
