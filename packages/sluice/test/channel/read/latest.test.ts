import { describe, expect, it } from "vitest";
import type { ChannelEvent } from "../../../src/channel/event/kept-event.ts";
import { KeptEvent } from "../../../src/channel/event/kept-event.ts";
import { EVERYTHING } from "../../../src/channel/event/selection.ts";
import { Latest } from "../../../src/channel/read/latest.ts";
import type { Log, NewEntry } from "../../../src/logs/log.ts";
import { MemoryChannelLog } from "../../../src/logs/memory/memory-channel-log.ts";
import { turns } from "../../support/turns.ts";
import { type ChannelWorld, openWorld } from "../support/channel-world.ts";
import { ForgetfulLog } from "../support/forgetful-log.ts";
import { ForgetfulStore } from "../support/forgetful-store.ts";
import { Wire } from "../support/wire.ts";

const RETAIN = { events: 5_000, bytes: Number.POSITIVE_INFINITY, age: Number.POSITIVE_INFINITY };
const LIMITS = { keys: 100, bytes: 1_000_000 };
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
  for (const entry of metrics(4, 3)) store.append([entry]);
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
  await world.channel.shutDown();
});

it("drops the events of a load that another load has overtaken", async () => {
  const onError = (error: unknown) => expect.fail(String(error));
  const latest = new Latest({ keyOf: latestBy as (event: ChannelEvent) => string, limits: LIMITS, onError });
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
  const events = [...latest.snapshot(EVERYTHING, 10).events()];
  expect(events.map(({ entry }) => entry.type)).toEqual(["new", "added"]);
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

describe("the newest event of a key", () => {
  const latestByKey = ({ data }: { data: unknown }) => (data as { key: string }).key;

  async function received(world: ChannelWorld, options: object): Promise<unknown[]> {
    const subscriber = world.connect(world.channel.subscribe({ initial: "latest", ...options }));
    await turns(30);
    subscriber.take();
    subscriber.disconnect();
    return subscriber.seen.map(({ type, data }) => (type === "gap" ? "gap" : JSON.parse(data).value));
  }

  it("for one user does not replace the event of the same key that everybody sees", async () => {
    const world = await openWorld({ latestBy: latestByKey });
    await world.channel.publish("status", { key: "a", value: "public" });
    await world.channel.publish("status", { key: "a", value: "for ada" }, { topics: ["user:ada"] });
    await world.channel.publish("status", { key: "a", value: "for bob" }, { topics: ["user:bob"] });
    expect(await received(world, {})).toEqual(["public"]);
    expect(await received(world, { topics: ["user:ada"] })).toEqual(["for ada"]);
    expect(await received(world, { topics: ["user:bob", "x"] })).toEqual(["for bob"]);
    expect(await received(world, { topics: "*" })).toEqual(["for bob"]);
    await world.channel.publish("status", { key: "a", value: "public again" });
    expect(await received(world, { topics: ["user:ada"] })).toEqual(["public again"]);
    expect(await received(world, { topics: "*" })).toEqual(["public again"]);
  });

  it("is forgotten beyond the limit in bytes, and a subscriber that may miss it receives a gap first", async () => {
    const bytes = 100_000;
    const world = await openWorld({ latestBy: latestByKey, latest: { bytes } });
    const value = "x".repeat(1_000);
    for (let n = 0; n < 200; n++) await world.channel.publish("status", { key: `${n}`, value });
    const [gap, ...values] = await received(world, {});
    expect(gap).toBe("gap");
    expect(values.length).toBeGreaterThan(10);
    expect(values.length * 1_000).toBeLessThan(bytes);
    const items = world.channel.subscribe({ initial: "latest" })[Symbol.asyncIterator]();
    expect((await items.next()).value).toMatchObject({ type: "gap", data: { reason: "trimmed" } });
    await items.return();
  });

  it("is forgotten without a word to subscribers that may not see it", async () => {
    const world = await openWorld({ latestBy: latestByKey, latest: { keys: 2 } });
    await world.channel.publish("status", { key: "a", value: 1 }, { topics: ["user:ada"] });
    await world.channel.publish("status", { key: "b", value: 2 });
    await world.channel.publish("status", { key: "c", value: 3 });
    expect(await received(world, {})).toEqual([2, 3]);
    expect(await received(world, { topics: ["user:ada"] })).toEqual(["gap", 2, 3]);
    // Replaced by a newer event, the forgotten one is not missed any more.
    await world.channel.publish("status", { key: "a", value: 4 }, { topics: ["user:ada"] });
    expect(await received(world, { topics: ["user:ada"] })).toEqual(["gap", 3, 4]);
  });

  it("is encoded and framed once for all subscribers of a cohort", async () => {
    const { channel, connect } = await openWorld({ latestBy: latestByKey });
    for (let n = 0; n < 100; n++) await channel.publish("status", { key: `${n}`, value: "x".repeat(500) });
    const pieces = new Set<Uint8Array>();
    const subscribers = Array.from({ length: 50 }, () => {
      const subscriber = connect(channel.subscribe({ initial: "latest" }));
      const { write } = subscriber;
      subscriber.write = function (piece) {
        if (piece.events > 0) pieces.add(piece.bytes);
        return write.call(this, piece);
      };
      return subscriber;
    });
    await turns(30);
    for (const subscriber of subscribers) {
      subscriber.take();
      expect(subscriber.seen).toHaveLength(100);
    }
    expect(pieces.size).toBe(2);
  });

  it("that is replaced while a slow subscriber reads its snapshot comes once, as the newer event", async () => {
    const { channel, connect } = await openWorld({ latestBy: latestByKey }, { highWaterMark: 1_024 });
    for (let n = 0; n < 20; n++) await channel.publish("status", { key: `${n}`, value: `old ${n} ${"x".repeat(400)}` });
    const subscriber = connect(channel.subscribe({ initial: "latest" }));
    await turns(10);
    await channel.publish("status", { key: "19", value: "new 19" });
    await expect
      .poll(
        () => {
          subscriber.take();
          return subscriber.seen.length;
        },
        { interval: 1 },
      )
      .toBe(20);
    const values = subscriber.seen.map(({ data }) => JSON.parse(data).value as string);
    expect(values.map((value) => value.slice(0, 6).trim())).toEqual([
      ...Array.from({ length: 19 }, (_, n) => `old ${n}`),
      "new 19",
    ]);
  });
});
