import { createClient } from "redis";
import { expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import { CommandCounts, joinMany, numbered } from "../support/many-channels.ts";
import { useRedis } from "../support/use-redis.ts";

/** More than one XREAD names. */
const CHANNELS = 300;
/** Channels of one call of the script that reads many. */
const CHANNELS_PER_CALL = 64;
/** Calls of that script in flight. */
const CALLS_IN_FLIGHT = 8;
/** One way through a slow network, in ms. */
const DELAY_MS = 1_000;
/** Time for the first calls: twice as long as together. One after the other, they would take eight times as long. */
const LIMIT_MS = 4 * DELAY_MS;

const test = useRedis();

async function startCounted() {
  const { port } = await test.start();
  const url = `redis://127.0.0.1:${port}`;
  return { port, url, counts: new CommandCounts(url) };
}

it("does not read the entries that this process appended", async () => {
  const { url, counts } = await startCounted();
  using _ = counts;
  const { channels, seen } = await joinMany(test, url, CHANNELS);
  // The process looks at all channels once when it begins to read changes.
  await expect.poll(() => counts.count("xrevrange")).toBe(1);
  for (const channel of channels) await channel.append([numbered(1)]);
  await sleep(100);
  await counts.reset();
  for (const channel of channels) await channel.append([numbered(2)]);
  await expect.poll(() => seen.every((list) => list.join() === "1,2")).toBe(true);
  await sleep(100);
  const { channels: read } = await counts.follows(CHANNELS);
  expect(read).toBeLessThan(CHANNELS / 2);
});

it("asks for many changed channels at a time, so that a slow network does not limit the rate of events", async () => {
  const { port, url, counts } = await startCounted();
  using _ = counts;
  const proxy = await test.proxyTo(port);
  const count = CHANNELS_PER_CALL * (CALLS_IN_FLIGHT + 4);
  const here = await joinMany(test, `redis://127.0.0.1:${proxy.port}`, count);
  proxy.delay(DELAY_MS);
  // On a busy machine the appends may take so long that a read finds few of them. Then another round shows it.
  let quickest = Number.POSITIVE_INFINITY;
  for (let round = 1; round <= 4 && quickest > LIMIT_MS; round++) {
    const there = await joinMany(test, url, count);
    await Promise.all(there.channels.map((channel) => channel.append([numbered(round)])));
    await there.log.close();
    await counts.reset();
    const calls = async () => (await counts.follows(0)).calls;
    // The first read finds few changes: it was waiting. The next one finds all others.
    await expect.poll(calls).toBeGreaterThan(1);
    const began = performance.now();
    await expect.poll(calls).toBeGreaterThanOrEqual(CALLS_IN_FLIGHT);
    quickest = Math.min(quickest, performance.now() - began);
    await expect.poll(() => here.seen.every(({ length }) => length >= round)).toBe(true);
  }
  expect(quickest).toBeLessThan(LIMIT_MS);
});

it("finds an entry that no change names by a check, without a look at all channels", async () => {
  const { url, counts } = await startCounted();
  using _ = counts;
  const here = await joinMany(test, url, CHANNELS);
  const there = await joinMany(test, url, CHANNELS);
  const client = await createClient({ url }).connect();
  let n = 0;
  const timer = setInterval(() => void there.channels[0]!.append([numbered(++n)]).catch(() => undefined), 50);
  try {
    await there.channels[7]!.append([numbered(1)]);
    await expect.poll(() => here.seen[7]).toEqual(["1"]);
    // Each process has checked each channel.
    await counts.reset();
    await expect.poll(() => counts.count("exists")).toBeGreaterThan(2 * CHANNELS);
    const before = await counts.connections();
    // Like an append that could not note its change.
    await client
      .multi()
      .xAdd("sluice:{doc%3A7}:log", "2-0", { [here.channels[7]!.epoch]: '[1,"n",0,0]\n2' })
      .hSet("sluice:{doc%3A7}:meta", "last", 2)
      .exec();
    await expect.poll(() => here.seen[7]?.length).toBe(2);
    await sleep(500);
    expect(await counts.connections()).toBe(before);
  } finally {
    clearInterval(timer);
    client.destroy();
  }
});

it("asks Redis for its run a few times while many channels open, and reads the joined ones together", async () => {
  const { url, counts } = await startCounted();
  using _ = counts;
  const { log } = await joinMany(test, url, CHANNELS);
  await counts.reset();
  const open = (i: number) => log.open(`more:${i}`, { retain: { events: 10, bytes: 1e6, age: 1e6 } });
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => open(i)));
  await sleep(100);
  // Each channel looks for its life and begins one.
  expect(await counts.count("info")).toBeLessThan(100);
  expect((await counts.follows(0)).calls).toBeLessThan(100);
});

it("looks up the lives of many channels some at a time when it reconnects, once each", async () => {
  const { port, counts } = await startCounted();
  using _ = counts;
  const proxy = await test.proxyTo(port);
  const { channels, seen } = await joinMany(test, `redis://127.0.0.1:${proxy.port}`, 1_000);
  await counts.reset();
  proxy.delay(DELAY_MS);
  proxy.cut();
  await expect.poll(() => counts.count("exists")).toBeGreaterThan(100);
  await sleep(DELAY_MS / 3);
  expect(await counts.count("exists")).toBeLessThan(600);
  proxy.resume();
  expect(await channels[999]!.append([numbered(1)])).toEqual([1]);
  await expect.poll(() => counts.count("exists")).toBeGreaterThanOrEqual(1_000);
  expect(await counts.count("info")).toBeLessThan(10);
  expect(seen.flat()).toEqual(["1"]);
});
