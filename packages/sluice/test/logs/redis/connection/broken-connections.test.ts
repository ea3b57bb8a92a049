import { createClient } from "redis";
import { describe, expect, it, vi } from "vitest";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { DURABLE, REDIS_SERVER } from "../../../support/stores/redis-server.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { entries, entry, numbersOf, publish, range, retry, useRedis } from "../support/use-redis.ts";

/** Longer than a test may take: no operation rejects because of its timeout. */
const NEVER_MS = 600_000;

describe.skipIf(REDIS_SERVER === undefined)("redisLog, when its connection breaks", () => {
  const { start, proxyTo, join, closeLater } = useRedis();

  it("rejects every operation at the timeout while Redis is suspended, and continues afterwards", async () => {
    const redis = await start();
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 2));
    redis.pause();
    const failures = await Promise.allSettled([
      a.channel.append([entry(3)]),
      a.channel.read(0, 10, 1e6),
      a.channel.sync(),
      a.channel.positionOf("x"),
      a.channel.trim(0),
      a.log.open("other", { retain: KEEP_ALL }),
    ]);
    for (const failure of failures)
      expect(failure).toMatchObject({ status: "rejected", reason: { code: "LOG_FAILED" } });
    redis.resume();
    const offset = await publish(a.channel, 4);
    await a.channel.sync();
    await b.channel.sync();
    // The rejected append may have been executed, but at most once, and all nodes see the same.
    expect(numbersOf(b.seen)).toEqual(offset === 3 ? [1, 2, 4] : [1, 2, 3, 4]);
    expect(numbersOf(a.seen)).toEqual(numbersOf(b.seen));
  });

  it("takes the answers that came while this process stood still for longer than the timeout", async () => {
    const redis = await start();
    const log = redisLog({ url: redis.url, timeout: 1_000 });
    closeLater(log);
    const channel = await log.open("orders", { retain: KEEP_ALL });
    const appended = channel.append([entry(1)]);
    const read = channel.read(0, 10, 1e6);
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    expect(await appended).toEqual([1]);
    await read;
  });

  it("rejects at once if Redis never ran, opens once it runs, and later waits for it to come back", async () => {
    const redis = await start(DURABLE);
    await redis.kill();
    const client = createClient({ url: redis.url });
    const duplicate = vi.spyOn(client, "duplicate");
    const log = redisLog({ client, timeout: NEVER_MS });
    closeLater(log);
    const onError = vi.fn();
    const open = () => Promise.resolve(log.open("orders", { retain: KEEP_ALL, onError }));
    await expect(open()).rejects.toThrow(`Not connected to Redis at 127.0.0.1:${redis.port} (connect ECONNREFUSED`);
    await redis.start();
    const channel = await retry(open);
    onError.mockClear();
    await redis.kill();
    await expect.poll(() => onError.mock.calls.length).toBe(1);
    const appended = channel.append([entry(1)]);
    const attempts = duplicate.mock.calls.length;
    await expect.poll(() => duplicate.mock.calls.length).toBeGreaterThan(attempts + 1);
    await redis.start();
    expect(await appended).toEqual([1]);
  });

  it("names the address that it cannot reach, reports an outage once, and reconnects by itself", async () => {
    const redis = await start(DURABLE);
    const { channel, errors } = await join(redis.port);
    await redis.kill();
    await expect.poll(() => errors.length).toBe(1);
    const failure = await channel.append([entry(1)]).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "LOG_FAILED" });
    expect(String(failure)).toContain(`Not connected to Redis at 127.0.0.1:${redis.port} (connect ECONNREFUSED`);
    await redis.start();
    // An append that begins before the new connection waits for it.
    expect(await publish(channel, 1)).toBe(1);
    expect(errors).toHaveLength(1);
  });

  it("loses no acknowledged event and stores none twice while connections are cut", async () => {
    const redis = await start();
    const proxy = await proxyTo(redis.port);
    const [a, b] = [await join(proxy.port), await join(redis.port)];
    const acknowledged = new Map<number, number>();
    let cuts = 0;
    let ticks = 0;
    let acknowledgedAtCut = 0;
    const timer = setInterval(() => {
      // On a busy machine a new connection takes long. Some cuts hit it all the same.
      if (acknowledged.size === acknowledgedAtCut && ++ticks % 10 > 0) return;
      acknowledgedAtCut = acknowledged.size;
      if (proxy.connections > 0) cuts++;
      proxy.cut();
    }, 37);
    const publishAll = async (from: number, to: number) => {
      for (let n = from; n <= to; n++) acknowledged.set(n, await publish(a.channel, n));
    };
    try {
      await Promise.all([publishAll(1, 150), publishAll(1_001, 1_150)]);
    } finally {
      clearInterval(timer);
    }
    expect(cuts).toBeGreaterThan(0);
    await a.channel.sync();
    await b.channel.sync();
    expect(numbersOf(a.seen)).toEqual(numbersOf(b.seen));
    expect(b.seen.map(({ offset }) => offset)).toEqual(range(1, 300));
    for (const [n, offset] of acknowledged) expect(Number(b.seen[offset - 1]!.data)).toBe(n);
    expect(a.resets).toEqual([]);
    // Redis was out of reach. The connection for events is nothing to report besides.
    expect(a.errors.map(({ message }) => message)).not.toContainEqual(expect.stringContaining("receive no events"));
  });

  it("replaces half-open connections, also the connection of the tail", async () => {
    const redis = await start();
    const proxy = await proxyTo(redis.port);
    const [a, b] = [await join(redis.port), await join(proxy.port)];
    await a.channel.append([entry(1)]);
    await expect.poll(() => numbersOf(b.seen)).toEqual([1]);
    proxy.swallow();
    await expect(b.channel.append([entry(99)])).rejects.toMatchObject({ code: "LOG_FAILED" });
    await a.channel.append([entry(2)]);
    proxy.resume();
    await a.channel.append([entry(3)]);
    await expect.poll(() => numbersOf(b.seen)).toEqual([1, 2, 3]);
    expect(b.resets).toEqual([]);
  });
});
