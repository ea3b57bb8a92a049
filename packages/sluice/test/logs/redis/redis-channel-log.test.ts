import { describe, expect, it } from "vitest";
import { REDIS_SERVER } from "../../support/stores/redis-server.ts";
import { entries, entry, readNumbers, useRedis } from "./support/use-redis.ts";

describe.skipIf(REDIS_SERVER === undefined)("a channel's log in Redis", () => {
  const { start, join } = useRedis();

  it("discovers what another process trimmed", async () => {
    const redis = await start();
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 5));
    await a.channel.trim(3);
    await expect.poll(() => b.channel.first).toBe(4);
    expect(b.channel.last).toBe(5);
  });

  it("treats a deleted stream as trimmed, and continues its offsets", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append(entries(1, 3));
    await redis.ask("DEL sluice:{orders}:log");
    await expect.poll(() => channel.first).toBe(4);
    expect(await channel.append([entry(4)])).toEqual([4]);
    expect(await channel.read(2, 10, 1e6)).toBe("gone");
    expect(await readNumbers(channel, 3)).toEqual([4]);
  });

  it('returns "gone" for an entry that another program deleted, instead of skipping it', async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append(entries(1, 5));
    await redis.ask("XDEL sluice:{orders}:log 3-0");
    expect(await readNumbers(channel)).toEqual([1, 2]);
    expect(await channel.read(2, 10, 1e6)).toBe("gone");
    expect(await readNumbers(channel, 3)).toEqual([4, 5]);
  });

  it("works after SCRIPT FLUSH has removed its scripts", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append([entry(1)]);
    await redis.ask("SCRIPT FLUSH");
    expect(await Promise.all([channel.append([entry(2)]), channel.append([entry(3)])])).toEqual([[2], [3]]);
    expect(await channel.read(0, 10, 1e6)).toHaveLength(3);
  });

  it("explains that Redis has no memory left, and works again when it has", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append([entry(1)]);
    await redis.ask("CONFIG SET maxmemory 1");
    await expect(channel.append([entry(2)])).rejects.toThrow(/no memory left \(maxmemory\)/);
    await redis.ask("CONFIG SET maxmemory 0");
    expect(await channel.append([entry(3)])).toEqual([2]);
  });
});
