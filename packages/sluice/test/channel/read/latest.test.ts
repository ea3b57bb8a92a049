import { expect, it } from "vitest";
import type { ChannelEvent } from "../../../src/channel/event/kept-event.ts";
import { KeptEvent } from "../../../src/channel/event/kept-event.ts";
import { Latest } from "../../../src/channel/read/latest.ts";
import type { Log, NewEntry } from "../../../src/logs/log.ts";
import { MemoryChannelLog } from "../../../src/logs/memory/memory-channel-log.ts";
import { turns } from "../../support/turns.ts";
import { type ChannelWorld, openWorld } from "../support/channel-world.ts";
import { ForgetfulLog } from "../support/forgetful-log.ts";
import { ForgetfulStore } from "../support/forgetful-store.ts";
import { Wire } from "../support/wire.ts";

const RETAIN = { events: 5_000, bytes: Number.POSITIVE_INFINITY, age: Number.POSITIVE_INFINITY };
const latestBy = ({ type }: { type: string }) => type;

function metrics(count: number, values: number): NewEntry[] {
  return Array.from({ length: count }, (_, n) => ({ type: `metric-${n % values}`, data: `${n}`, json: true }));
}

/** Makes a log that has entries before the channel opens it. */
async function logWith(entries: readonly NewEntry[]) {
  const opened = new MemoryChannelLog(RETAIN);
  await opened.append(entries);
  return { opened, log: { shared: false, open: () => opened, close: async () => undefined } satisfies Log };
}

/** Returns the snapshot that a new subscriber receives: the data by event type. */
async function snapshot(world: ChannelWorld): Promise<Record<string, string>> {
  const subscriber = world.connect(world.channel.subscribe({ initial: "latest" }));
  await turns(30);
  subscriber.take();
  subscriber.disconnect();
  for (const { lastEventId } of subscriber.seen) expect(lastEventId).toBe("");
  expect(new Set(subscriber.seen.map(({ type }) => type)).size).toBe(subscriber.seen.length);
  return Object.fromEntries(subscriber.seen.map(({ type, data }) => [type, data]));
}

it("finds the newest event of each key in a log that has entries already", async () => {
  const { log } = await logWith(metrics(1_300, 3));
  const world = await openWorld({ latestBy }, {}, log);
  expect(await snapshot(world)).toEqual({ "metric-0": "1299", "metric-1": "1297", "metric-2": "1298" });
});

it("makes a snapshot wait until all older events are loaded", async () => {
  const { opened, log } = await logWith(metrics(1_300, 3));
  let release!: () => void;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const read = opened.read.bind(opened);
  opened.read = async (after, events, bytes) => {
    await held;
    return read(after, events, bytes);
  };
  const world = await openWorld({ latestBy }, {}, log);
  const subscriber = world.connect(world.channel.subscribe({ initial: "latest" }));
  // Newer than all loaded events, so loading must not replace it.
  await world.channel.publish("metric-1", "new");
  await turns();
  subscriber.take();
  expect(subscriber.seen).toEqual([]);
  release();
  await turns(10);
  subscriber.take();
  // An event newer than the snapshot's position is not part of it: it follows, once.
  expect(subscriber.seen.map(({ type, data, lastEventId }) => [type, data, lastEventId])).toEqual([
    ["metric-2", "1298", ""],
    ["metric-0", "1299", ""],
    ["metric-1", "new", await world.channel.position()],
  ]);
  expect(await snapshot(world)).toEqual({ "metric-0": "1299", "metric-1": "new", "metric-2": "1298" });
});

it("leaves events that a new life of the log has lost out of snapshots", async () => {
  const store = new ForgetfulStore(RETAIN.events);
  store.append(metrics(4, 3));
  const log: Log = {
    shared: true,
    open: () => ForgetfulLog.open(store, new Wire(1)),
    close: async () => undefined,
  };
  const world = await openWorld({ latestBy }, {}, log);
  expect(await snapshot(world)).toEqual({ "metric-0": "3", "metric-1": "1", "metric-2": "2" });
  const received = () => turns(20);
  store.restart(2);
  await received();
  expect(await snapshot(world)).toEqual({ "metric-0": "0", "metric-1": "1" });
  store.append([{ type: "metric-1", data: "9", json: true }]);
  store.restart(0);
  await received();
  expect(await snapshot(world)).toEqual({ "metric-0": "0", "metric-1": "9" });
  store.loseEverything();
  await received();
  expect(await snapshot(world)).toEqual({});
  await world.channel.close();
});

it("drops the events of a load that another load has overtaken", async () => {
  const onError = (error: unknown) => expect.fail(String(error));
  const latest = new Latest({ keyOf: latestBy as (event: ChannelEvent) => string, onError });
  const event = (type: string, offset: number) =>
    new KeptEvent({ type, data: `${offset}`, json: true, offset, time: 0 }, "epoch");
  let release!: () => void;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  async function* slowly() {
    yield event("old", 1);
    await held;
    yield event("older", 2);
  }
  async function* quickly() {
    yield event("new", 1);
  }
  const first = latest.load(slowly());
  const second = latest.load(quickly());
  latest.add(event("added", 2));
  await second;
  release();
  await first;
  expect(latest.loading).toBeUndefined();
  expect(latest.events().map(({ entry }) => entry.type)).toEqual(["new", "added"]);
});

it("reports a load that fails, and keeps the events added meanwhile", async () => {
  const { opened, log } = await logWith(metrics(3, 3));
  const read = opened.read.bind(opened);
  opened.read = () => Promise.reject(new Error("cut off"));
  const world = await openWorld({ latestBy }, {}, log);
  await world.channel.publish("metric-1", "new");
  opened.read = read;
  expect(await snapshot(world)).toEqual({ "metric-1": "new" });
  expect(world.errors).toMatchObject([
    { error: { message: "cut off" }, context: { stage: "latest-by", channel: "orders" } },
  ]);
});
