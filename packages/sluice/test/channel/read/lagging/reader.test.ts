import { expect, it } from "vitest";
import type { ChannelLog, Log } from "../../../../src/logs/log.ts";
import { memoryLog } from "../../../../src/logs/memory/memory-log.ts";
import { turns } from "../../../support/turns.ts";
import { until } from "../../../support/until.ts";
import { openWorld } from "../../support/channel-world.ts";

const EVENTS = 20_000;
const WINDOW_EVENTS = 100;
/** Number of pages of 512 events, the most that a page holds. */
const PAGES = Math.ceil(EVENTS / 512);

/** Makes a memory log that answers in a later turn, like a remote log, and counts its reads. */
function countingLog(): { log: Log; reads: () => number; entries: () => number } {
  let reads = 0;
  let entries = 0;
  const memory = memoryLog();
  return {
    reads: () => reads,
    entries: () => entries,
    log: {
      shared: false,
      open: async (name, options) => {
        const opened = (await memory.open(name, options)) as ChannelLog;
        const read = opened.read.bind(opened);
        return Object.assign(opened, {
          read: async (after: number, events: number, bytes: number) => {
            reads++;
            await turns(1);
            const found = await read(after, events, bytes);
            entries += found.length;
            return found;
          },
        });
      },
      close: () => memory.close(),
    },
  };
}

async function filledWorld() {
  const counting = countingLog();
  const world = await openWorld({ retain: { events: EVENTS }, window: { events: WINDOW_EVENTS } }, {}, counting.log);
  for (let n = 1; n <= EVENTS; n++)
    await world.channel.publish("n", n, { topics: [n % 100 === 0 ? "rare" : "common"] });
  return { world, ...counting };
}

it("reads the log once for many subscribers that replay the same events with different selections", async () => {
  const { world, reads, entries } = await filledWorld();
  const few = (event: { data: unknown }) => (event.data as number) % 1_000 === 0;
  const selections = [
    { options: { topics: ["rare"] }, count: 200 },
    { options: { topics: "*" as const, filter: few }, count: 20 },
    { options: { topics: ["none"] }, count: 0 },
  ];
  const subscribers = selections.flatMap(({ options, count }) =>
    Array.from({ length: 50 }, () => {
      const subscriber = world.connect(world.channel.subscribe({ ...options, from: "start" }));
      return { subscriber, count };
    }),
  );
  await until("all subscribers are live", () => {
    for (const { subscriber } of subscribers) subscriber.take();
    return world.channel.stats().live === subscribers.length;
  });
  for (const { subscriber, count } of subscribers) expect(subscriber.seen).toHaveLength(count);
  expect(reads()).toBeLessThanOrEqual(PAGES * 1.5);
  expect(entries()).toBeLessThanOrEqual(EVENTS * 1.5);
  for (const { subscriber } of subscribers) subscriber.disconnect();
  await world.channel.shutDown();
});

it("reads the log for a subscriber far behind at the subscriber's pace, while others stay live", async () => {
  const { world, entries } = await filledWorld();
  const slow = world.connect(world.channel.subscribe({ topics: "*", from: "start" }));
  const live = world.connect(world.channel.subscribe({ topics: "*" }));
  await until("its socket is full", () => slow.written > 0);
  await turns(20);
  // The log is not read ahead of the slow subscriber.
  expect(entries()).toBeLessThan(EVENTS / 4);
  for (let n = 1; n <= 50; n++) {
    await world.channel.publish("n", EVENTS + n);
    live.take();
  }
  await until("the live subscriber has every event", () => {
    live.take();
    return live.seen.length === 50;
  });
  expect(slow.seen.length).toBe(0);
  await until("the slow subscriber has every event", () => {
    slow.take(4_096);
    return slow.seen.length === EVENTS + 50;
  });
  expect(slow.seen.map(({ data }) => Number(data))).toEqual(Array.from({ length: EVENTS + 50 }, (_, i) => i + 1));
  for (const subscriber of [slow, live]) subscriber.disconnect();
  await world.channel.shutDown();
});
