import { createClient } from "redis";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { ChannelLog, Log, LogEntry, NewEntry } from "../../../src/logs/log.ts";
import { redisLog } from "../../../src/logs/redis/redis-log.ts";
import { DURABLE, REDIS_SERVER, type RedisServer, startRedis } from "../../support/redis-server.ts";
import { startProxy } from "../../support/tcp-proxy.mjs";
import { KEEP_ALL, recorder } from "../support/log-contract.ts";

/** Short, since some tests wait for it; so what is to succeed is tried again, on a machine that has much to do. */
const TIMEOUT_MS = 500;
const LONG_MS = 20_000;
/** Longer than a test may take: nothing is told because the time is over. */
const NEVER_MS = 600_000;
/** For what is told only when the time is over, and takes its time to find out. */
const PATIENT_MS = 3_000;

const entry = (n: number, more: Partial<NewEntry> = {}): NewEntry => ({
  type: "n",
  data: String(n),
  json: true,
  ...more,
});
const entries = (from: number, to: number): NewEntry[] =>
  Array.from({ length: to - from + 1 }, (_, i) => entry(from + i));
const numbers = (found: readonly LogEntry[]): number[] => found.map(({ data }) => Number(data));
const count = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** One node: a log of its own, one channel, and what its tail heard. */
interface Node {
  readonly log: Log;
  readonly channel: ChannelLog;
  readonly seen: LogEntry[];
  readonly resets: number[];
  /** The epoch in which each number was heard. */
  readonly heard: Map<number, string>;
  readonly errors: Error[];
}

describe.skipIf(REDIS_SERVER === undefined)("redisLog, when something breaks", { timeout: LONG_MS }, () => {
  const logs: Log[] = [];
  const servers: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const log of logs.splice(0)) await log.close();
    for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
  });

  const start = async (args: readonly string[] = []): Promise<RedisServer> => {
    const redis = await startRedis(args);
    servers.push(redis);
    return redis;
  };
  const proxyTo = async (port: number) => {
    const proxy = await startProxy(port);
    servers.push(proxy);
    return proxy;
  };
  const join = async (port: number): Promise<Node> => {
    const errors: Error[] = [];
    const onError = (error: unknown) => void errors.push(error as Error);
    const url = `redis://127.0.0.1:${port}`;
    const log = redisLog({ url, timeout: TIMEOUT_MS });
    logs.push(log);
    const channel = await insist(() => log.open("orders", { retain: KEEP_ALL, onError }));
    const resets: number[] = [];
    const heard = new Map<number, string>();
    const { seen, listener } = recorder();
    channel.tail({
      ...listener,
      appended(found) {
        for (const n of numbers(found)) heard.set(n, channel.epoch);
        listener.appended(found);
      },
      reset() {
        if ((channel.holds(before) ?? 0) < (seen.at(-1)?.offset ?? 0)) seen.splice(0);
        before = channel.epoch;
        resets.push(channel.last);
      },
    });
    let before = channel.epoch;
    return { log, channel, seen, resets, heard, errors };
  };
  const insist = async <T>(work: () => T | Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        expect(error).toMatchObject({ code: "LOG_FAILED" });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  /** Publishes as one does who tries again until it is told that it is done. */
  const publish = async (channel: ChannelLog, n: number): Promise<number> =>
    (await insist(() => channel.append([entry(n, { id: `own/${n}` })])))[0]!;

  test("goes on where it was after a restart that kept everything", async () => {
    const redis = await start(DURABLE);
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 5));
    await expect.poll(() => numbers(b.seen)).toEqual(count(1, 5));
    const { epoch } = a.channel;
    await redis.kill();
    await redis.start("kept");
    expect(await publish(a.channel, 6)).toBe(6);
    await expect.poll(() => numbers(b.seen), { timeout: 5_000 }).toEqual(count(1, 6));
    expect(numbers(a.seen)).toEqual(count(1, 6));
    for (const { channel } of [a, b]) {
      expect(channel.epoch).not.toBe(epoch);
      expect(channel.holds(epoch)).toBe(5);
      expect(channel).toMatchObject({ first: 1, last: 6 });
    }
    expect(a.channel.epoch).toBe(b.channel.epoch);
    expect(numbers((await b.channel.read(0, 100, 1e6)) as LogEntry[])).toEqual(count(1, 6));
  });

  test("tells what a Redis that came back without its data has lost", async () => {
    const redis = await start(DURABLE);
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 5));
    await b.channel.sync();
    const { epoch } = a.channel;
    await redis.kill();
    await redis.start("lost");
    await expect.poll(() => [a.channel.last, b.channel.last], { timeout: 5_000 }).toEqual([0, 0]);
    expect([a.resets, b.resets]).toEqual([[0], [0]]);
    expect(a.channel.holds(epoch)).toBeUndefined();
    expect(await publish(a.channel, 1)).toBe(1);
    await expect.poll(() => numbers(b.seen)).toEqual([1]);
    expect(b.channel.epoch).toBe(a.channel.epoch);
  });

  test("holds no position of a Redis that came back behind, where a process knows that something is lost", async () => {
    const redis = await start();
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 5));
    await redis.ask("SAVE");
    await a.channel.append(entries(6, 9));
    await expect.poll(() => b.channel.last).toBe(9);
    const { epoch } = a.channel;
    await redis.kill();
    await redis.start("kept");
    await expect.poll(() => [a.resets.length, b.resets.length], { timeout: 5_000 }).toEqual([1, 1]);
    expect([a.resets, b.resets]).toEqual([[5], [5]]);
    // Whoever was at the fifth event has lost the four that came after it.
    expect(b.channel.holds(epoch)).toBeUndefined();
    expect(await publish(b.channel, 100)).toBe(6);
    await expect.poll(() => numbers(a.seen)).toEqual([100]);
    expect(numbers((await a.channel.read(0, 100, 1e6)) as LogEntry[])).toEqual([1, 2, 3, 4, 5, 100]);
  });

  test("holds no position of a Redis that came back as it was before the life that a process was in", async () => {
    const redis = await start();
    const { channel, resets } = await join(redis.port);
    await channel.append(entries(1, 5));
    await redis.ask("SAVE");
    const { epoch } = channel;
    await redis.kill();
    await redis.start("kept");
    expect(await publish(channel, 6)).toBe(6);
    expect(channel.holds(epoch)).toBe(5);
    // Its disk knows neither of the sixth nor of the life that it came in.
    await redis.kill();
    await redis.start("kept");
    await expect.poll(() => resets, { timeout: 5_000 }).toEqual([5, 5]);
    expect(channel.holds(epoch)).toBeUndefined();
  });

  test("knows also of a publisher's own ID that something was lost after it", async () => {
    const redis = await start();
    const { channel, resets } = await join(redis.port);
    await channel.append([entry(1, { id: "own/1" })]);
    await redis.ask("SAVE");
    await channel.append([entry(2), entry(3)]);
    expect(channel.lostAfter).toBe(0);
    await redis.kill();
    await redis.start("kept");
    await expect.poll(() => resets, { timeout: 5_000 }).toEqual([1]);
    expect(channel.lostAfter).toBe(1);
    expect(await publish(channel, 4)).toBe(2);
    expect(await channel.positionOf("own/1")).toBe(1);
  });

  test("holds positions up to where a Redis that came back still is, where nobody knows of more", async () => {
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

  test("notices a flush while appends go on, and never takes new events for old", async () => {
    const redis = await start();
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 3));
    await expect.poll(() => numbers(b.seen)).toEqual([1, 2, 3]);
    const { epoch } = a.channel;
    await redis.ask("FLUSHALL");
    // Beyond what the other one knows of the old life: only the epoch tells that they do not follow it.
    const offsets = await Promise.all(count(101, 120).map((n) => a.channel.append([entry(n)])));
    expect(offsets.flat()).toEqual(count(1, 20));
    expect(a.channel.epoch).not.toBe(epoch);
    expect(numbers(a.seen)).toEqual(count(101, 120));
    await expect.poll(() => b.channel.epoch, { timeout: 5_000 }).toBe(a.channel.epoch);
    expect(b.resets).toHaveLength(1);
    await b.channel.sync();
    expect(b.channel.last).toBe(20);
    expect(numbers(b.seen)).toEqual(count(101 + b.resets[0]!, 120));
    for (const [n, heardIn] of b.heard) expect(heardIn === epoch).toBe(n < 100);
    // Its reader does not wait any longer for what would follow the old end.
    await a.channel.append([entry(121)]);
    await expect.poll(() => numbers(b.seen).at(-1), { timeout: 1_000 }).toBe(121);
  });

  test("appends nothing in a life that it believes in and that is over", async () => {
    const redis = await start();
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 5));
    await b.channel.sync();
    const { epoch } = b.channel;
    await redis.ask("FLUSHALL");
    // Not beyond what the other one knows, so that its reader cannot have seen it.
    expect(await a.channel.append([entry(101)])).toEqual([1]);
    expect(await b.channel.append([entry(102)])).toEqual([2]);
    expect(b.channel.epoch).not.toBe(epoch);
    expect(b.channel.epoch).toBe(a.channel.epoch);
    expect(numbers((await b.channel.read(0, 10, 1e6)) as LogEntry[])).toEqual([101, 102]);
  });

  test("notices a flush also when nothing is appended", async () => {
    const redis = await start();
    const { channel, resets } = await join(redis.port);
    await channel.append(entries(1, 3));
    await redis.ask("FLUSHALL");
    await expect.poll(() => resets, { timeout: 5_000 }).toEqual([0]);
    expect(channel).toMatchObject({ first: 1, last: 0 });
  });

  test("learns by itself what another process trimmed", async () => {
    const redis = await start();
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 5));
    await a.channel.trim(3);
    await expect.poll(() => b.channel.first, { timeout: 5_000 }).toBe(4);
    expect(b.channel.last).toBe(5);
  });

  test("keeps a channel whose keys are broken from harming the others", async () => {
    const redis = await start(DURABLE);
    const proxy = await proxyTo(redis.port);
    const { log, channel } = await join(proxy.port);
    const other = await insist(() => log.open("other", { retain: KEEP_ALL }));
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
    // What it could not find out when it connected, it does before it appends.
    expect(channel.epoch).not.toBe(epoch);
    expect(channel.holds(epoch)).toBe(1);
  });

  test("takes a stream that somebody deleted for trimmed, and goes on counting", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append(entries(1, 3));
    await redis.ask("DEL sluice:{orders}:log");
    await expect.poll(() => channel.first, { timeout: 5_000 }).toBe(4);
    expect(await channel.append([entry(4)])).toEqual([4]);
    expect(await channel.read(2, 10, 1e6)).toBe("gone");
    expect(numbers((await channel.read(3, 10, 1e6)) as LogEntry[])).toEqual([4]);
  });

  test("says gone where somebody deleted an entry, and does not leave it out", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append(entries(1, 5));
    await redis.ask("XDEL sluice:{orders}:log 3-0");
    expect(numbers((await channel.read(0, 10, 1e6)) as LogEntry[])).toEqual([1, 2]);
    expect(await channel.read(2, 10, 1e6)).toBe("gone");
    expect(numbers((await channel.read(3, 10, 1e6)) as LogEntry[])).toEqual([4, 5]);
  });

  test("rejects in time while Redis stands still, and works again when it goes on", async () => {
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
    // What was not answered may have been done, but once at most, and alike for all.
    expect(numbers(b.seen)).toEqual(offset === 3 ? [1, 2, 4] : [1, 2, 3, 4]);
    expect(numbers(a.seen)).toEqual(numbers(b.seen));
  });

  test("says at once that nobody is there at the start, and can be tried again; later it waits for who was there", async () => {
    const redis = await start(DURABLE);
    await redis.kill();
    const client = createClient({ url: redis.url });
    const duplicate = vi.spyOn(client, "duplicate");
    const log = redisLog({ client, timeout: NEVER_MS });
    logs.push(log);
    const onError = vi.fn();
    const open = () => Promise.resolve(log.open("orders", { retain: KEEP_ALL, onError }));
    await expect(open()).rejects.toThrow(`Not connected to Redis at 127.0.0.1:${redis.port} (connect ECONNREFUSED`);
    await redis.start();
    const channel = await insist(open);
    onError.mockClear();
    await redis.kill();
    await expect.poll(() => onError.mock.calls.length).toBe(1);
    const appended = channel.append([entry(1)]);
    const attempts = duplicate.mock.calls.length;
    await expect.poll(() => duplicate.mock.calls.length, { timeout: 5_000 }).toBeGreaterThan(attempts + 1);
    await redis.start();
    expect(await appended).toEqual([1]);
  });

  test("says to where it is not connected, in time, and connects by itself", async () => {
    const redis = await start(DURABLE);
    const { channel, errors } = await join(redis.port);
    await redis.kill();
    await expect.poll(() => errors.length).toBe(1);
    const failure = await channel.append([entry(1)]).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "LOG_FAILED" });
    expect(String(failure)).toContain(`Not connected to Redis at 127.0.0.1:${redis.port} (connect ECONNREFUSED`);
    await redis.start();
    // One that begins while there is no connection yet waits for it.
    expect(await publish(channel, 1)).toBe(1);
    // One outage, one report.
    expect(errors).toHaveLength(1);
  });

  test("loses nothing that it acknowledged, and doubles nothing, while connections are cut", async () => {
    const redis = await start();
    const proxy = await proxyTo(redis.port);
    const [a, b] = [await join(proxy.port), await join(redis.port)];
    const cuts = setInterval(() => proxy.cut(), 37);
    const acknowledged = new Map<number, number>();
    const publishAll = async (from: number, to: number) => {
      for (let n = from; n <= to; n++) acknowledged.set(n, await publish(a.channel, n));
    };
    await Promise.all([publishAll(1, 150), publishAll(1_001, 1_150)]);
    clearInterval(cuts);
    await a.channel.sync();
    await b.channel.sync();
    expect(numbers(a.seen)).toEqual(numbers(b.seen));
    expect(b.seen.map(({ offset }) => offset)).toEqual(count(1, 300));
    for (const [n, offset] of acknowledged) expect(Number(b.seen[offset - 1]!.data)).toBe(n);
    expect(a.resets).toEqual([]);
  });

  test("gives up a connection through which nothing comes any more, also the one that reads", async () => {
    const redis = await start();
    const proxy = await proxyTo(redis.port);
    const [a, b] = [await join(redis.port), await join(proxy.port)];
    await a.channel.append([entry(1)]);
    await expect.poll(() => numbers(b.seen)).toEqual([1]);
    proxy.swallow();
    await expect(b.channel.append([entry(99)])).rejects.toMatchObject({ code: "LOG_FAILED" });
    await a.channel.append([entry(2)]);
    proxy.resume();
    await a.channel.append([entry(3)]);
    await expect.poll(() => numbers(b.seen), { timeout: 8_000 }).toEqual([1, 2, 3]);
    expect(b.resets).toEqual([]);
  });

  test("goes over to a promoted replica, and tells what that had not got", async () => {
    const primary = await start(["--repl-diskless-sync-delay", "0"]);
    const replica = await start(["--replicaof", "127.0.0.1", String(primary.port)]);
    const proxy = await proxyTo(primary.port);
    const [a, b] = [await join(proxy.port), await join(proxy.port)];
    await a.channel.append(entries(1, 5));
    await expect.poll(() => replica.ask("HGET sluice:{orders}:meta last")).toContain("5");
    replica.pause();
    await a.channel.append(entries(6, 8));
    await expect.poll(() => b.channel.last).toBe(8);
    const { epoch } = a.channel;
    await primary.kill();
    replica.resume();
    await replica.ask("REPLICAOF NO ONE");
    proxy.retarget(replica.port);
    const offset = await publish(a.channel, 100);
    // What was on its way to the replica may have come, or a part of it.
    expect(offset).toBeGreaterThan(5);
    if (offset < 9) expect(a.channel.holds(epoch)).toBeUndefined();
    await expect.poll(() => numbers(b.seen).at(-1), { timeout: 5_000 }).toBe(100);
    expect(b.channel.epoch).toBe(a.channel.epoch);
  });

  test("leaves a primary that has become a replica, and works when it is the primary again", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append([entry(1)]);
    const { epoch } = channel;
    await redis.ask("REPLICAOF 127.0.0.1 1");
    const failure = await channel.append([entry(2)]).catch((error: Error) => error);
    expect(String(failure)).toContain("replica");
    await redis.ask("REPLICAOF NO ONE");
    expect(await publish(channel, 3)).toBe(2);
    // In between it may have taken over what another primary had.
    expect(channel.epoch).not.toBe(epoch);
    expect(channel.holds(epoch)).toBe(1);
  });

  test("works on after its scripts were flushed", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append([entry(1)]);
    await redis.ask("SCRIPT FLUSH");
    expect(await Promise.all([channel.append([entry(2)]), channel.append([entry(3)])])).toEqual([[2], [3]]);
    expect(await channel.read(0, 10, 1e6)).toHaveLength(3);
  });

  test("says what to do when Redis has no memory left, and goes on when it has", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append([entry(1)]);
    await redis.ask("CONFIG SET maxmemory 1");
    await expect(channel.append([entry(2)])).rejects.toThrow(/no memory left \(maxmemory\)/);
    await redis.ask("CONFIG SET maxmemory 0");
    expect(await channel.append([entry(3)])).toEqual([2]);
  });

  test("does not open a replica", async () => {
    const primary = await start();
    const replica = await start(["--replicaof", "127.0.0.1", String(primary.port)]);
    const log = redisLog({ url: replica.url, timeout: PATIENT_MS });
    logs.push(log);
    await expect(log.open("orders", { retain: KEEP_ALL })).rejects.toThrow(/replica/);
  });
});
