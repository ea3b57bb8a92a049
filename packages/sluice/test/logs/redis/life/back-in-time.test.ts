import { describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import { DURABLE, REDIS_SERVER, type RedisServer } from "../../../support/stores/redis-server.ts";
import { entries, entry, type Node, numbersOf, range, readNumbers, useRedis } from "../support/use-redis.ts";

const KEYS = ["log", "meta", "ids"].map((name) => `sluice:{orders}:${name}`);

async function forEachKey(redis: RedisServer, command: (key: string) => string): Promise<void> {
  for (const key of KEYS) await redis.ask(command(key));
}

describe.skipIf(REDIS_SERVER === undefined)("redisLog, when Redis goes back in time", () => {
  const { start, proxyTo, join } = useRedis();

  /** Starts two nodes that have seen the numbers from 1 to 20. */
  async function startNodes(): Promise<{ redis: RedisServer; a: Node; b: Node; epoch: string }> {
    const redis = await start();
    const [a, b] = [await join(redis.port), await join(redis.port)];
    await a.channel.append(entries(1, 20));
    await expect.poll(() => b.channel.last).toBe(20);
    return { redis, a, b, epoch: a.channel.epoch };
  }

  async function expectNewLife(nodes: readonly Node[], before: readonly string[]): Promise<void> {
    // Each node may find out something that the others do not know, and begin a life of its own.
    const lives = () => [...new Set(nodes.map(({ channel }) => channel.epoch))];
    const isSettled = () => lives().length === 1 && !before.includes(lives()[0]!);
    await expect.poll(isSettled).toBe(true);
    // Subscribers may have missed events of each former life.
    for (const { channel } of nodes) for (const epoch of before) expect(channel.holds(epoch)).toBeUndefined();
  }

  /** Checks that the nodes agree on the log, and that new events reach both. */
  async function expectTheSame(a: Node, b: Node): Promise<void> {
    const [offset] = await b.channel.append([entry(900)]);
    await expect.poll(() => [a.channel.last, b.channel.last]).toEqual([offset, offset]);
    expect(numbersOf(a.seen).at(-1)).toBe(900);
    expect(numbersOf(b.seen).at(-1)).toBe(900);
    expect(await readNumbers(a.channel)).toEqual(await readNumbers(b.channel));
  }

  it("begins a new life if it was emptied, received a few events, and was restored", async () => {
    const { redis, a, b, epoch } = await startNodes();
    await forEachKey(redis, (key) => `COPY ${key} ${key} DB 1`);
    await redis.ask("FLUSHDB");
    await a.channel.append(entries(101, 105));
    const between = a.channel.epoch;
    await expect.poll(() => b.channel.epoch).toBe(between);
    await redis.ask("SWAPDB 0 1");
    await expectNewLife([a, b], [epoch, between]);
    await expectTheSame(a, b);
    // The nodes accept each other's life: no further one begins.
    const settled = a.channel.epoch;
    await sleep(1_500);
    expect([a.channel.epoch, b.channel.epoch]).toEqual([settled, settled]);
  });

  it("begins a new life if its keys are renamed and renamed back", async () => {
    const { redis, a, b, epoch } = await startNodes();
    await forEachKey(redis, (key) => `RENAME ${key} away:${key}`);
    await a.channel.append(entries(101, 103));
    const between = a.channel.epoch;
    for (const key of KEYS) {
      await redis.ask(`RENAME away:${key} ${key}`);
      // A node looks at the log at least once a second.
      if (key === KEYS[0]) await sleep(1_500);
    }
    await expectNewLife([a, b], [epoch, between]);
    // The stream that came back is whole, although for a moment it was beside the hash of the other life.
    expect(await readNumbers(a.channel)).toEqual(range(1, 20));
    await expectTheSame(a, b);
  });

  it("begins a new life if two databases are swapped twice", async () => {
    const { redis, a, b, epoch } = await startNodes();
    await redis.ask("SWAPDB 0 1");
    await a.channel.append(entries(101, 103));
    const between = a.channel.epoch;
    await redis.ask("SWAPDB 0 1");
    await expectNewLife([a, b], [epoch, between]);
    await expectTheSame(a, b);
  });

  it("begins a new life if an older copy of the same life is restored while nothing is published", async () => {
    const { redis, a, b, epoch } = await startNodes();
    await forEachKey(redis, (key) => `COPY ${key} copy:${key}`);
    await a.channel.append(entries(21, 30));
    await forEachKey(redis, (key) => `COPY copy:${key} ${key} REPLACE`);
    await expectNewLife([a, b], [epoch]);
    expect(await readNumbers(a.channel)).toEqual(range(1, 20));
    await expectTheSame(a, b);
  });

  it("appends nothing to an older copy of the same life before it begins a new one", async () => {
    const { redis, a, b, epoch } = await startNodes();
    await forEachKey(redis, (key) => `COPY ${key} copy:${key}`);
    await a.channel.append(entries(21, 30));
    await forEachKey(redis, (key) => `COPY copy:${key} ${key} REPLACE`);
    expect(await a.channel.append([entry(31)])).toEqual([21]);
    expect(a.channel.epoch).not.toBe(epoch);
    await expectNewLife([a, b], [epoch]);
    expect(await readNumbers(b.channel)).toEqual([...range(1, 20), 31]);
    await expectTheSame(a, b);
  });

  it("begins a new life if a new process has continued the older copy beyond what the others have seen", async () => {
    const { redis, a, b, epoch } = await startNodes();
    await forEachKey(redis, (key) => `COPY ${key} copy:${key}`);
    await a.channel.append(entries(21, 30));
    // Let both nodes check the log once.
    await sleep(1_200);
    await forEachKey(redis, (key) => `COPY copy:${key} ${key} REPLACE`);
    const c = await join(redis.port);
    expect((await c.channel.append(entries(201, 215))).at(-1)).toBe(35);
    await expectNewLife([a, b, c], [epoch]);
    expect(await readNumbers(a.channel)).toEqual([...range(1, 20), ...range(201, 215)]);
    await expectTheSame(a, b);
  });

  it("begins a new life if a new process looks first, and the others are in the life after a deletion", async () => {
    const redis = await start(DURABLE);
    const proxy = await proxyTo(redis.port);
    const a = await join(proxy.port);
    await a.channel.append(entries(1, 20));
    const { epoch } = a.channel;
    await redis.save();
    await a.channel.append(entries(21, 30));
    await a.channel.delete();
    const next = a.channel.epoch;
    expect(a.channel).toMatchObject({ first: 1, last: 0 });
    proxy.refuse();
    await redis.kill();
    await redis.start("saved");
    const b = await join(redis.port);
    expect(b.channel.holds(epoch)).toBe(20);
    proxy.resume();
    await expectNewLife([a, b], [epoch, next]);
    expect(await readNumbers(a.channel)).toEqual(range(1, 20));
    await expectTheSame(a, b);
  });
});
