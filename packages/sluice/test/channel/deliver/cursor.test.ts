import { describe, expect, it } from "vitest";
import type { ChannelLog, Log, TailListener } from "../../../src/logs/log.ts";
import { MemoryChannelLog } from "../../../src/logs/memory/memory-channel-log.ts";
import { SseItem } from "../../../src/stream/source/sse-item.ts";
import { turns } from "../../support/turns.ts";
import { openWorld, read } from "../support/channel-world.ts";
import { FakeSubscriber } from "../support/fake-subscriber.ts";

describe("resuming", () => {
  it("starts with a position only: a subscriber cut before its first event misses nothing", async () => {
    const { channel, connect } = await openWorld();
    const first = connect(channel.subscribe());
    first.take();
    expect(first.lastEventId).toBe(await channel.position());
    first.disconnect();
    await channel.publish("n", 1);
    const again = connect(channel.subscribe(), first.lastEventId);
    await turns();
    expect(read(again)).toEqual([1]);
  });

  it("works with the publisher's own IDs", async () => {
    const { channel, connect, hub } = await openWorld();
    for (let n = 1; n <= 4; n++) await channel.publish("n", n, { id: `order/${n}` });
    const subscriber = connect(channel.subscribe(), "order/2");
    await turns();
    expect(read(subscriber)).toEqual([3, 4]);
    expect(subscriber.lastEventId).toBe("order/4");
    const live = connect(channel.subscribe());
    await channel.publish("n", 5, { id: "order/5" });
    await turns();
    const lastEventIds = [...hub.streams].map((stream) => stream.feed.describe().lastEventId);
    expect(lastEventIds).toEqual(["order/5", "order/5"]);
    expect(live.written).toBeGreaterThan(0);
  });

  it("reads from the log beyond the window, and reports a gap beyond the log, without loss or repetition", async () => {
    const { channel, connect } = await openWorld({ retain: { events: 1_000 }, window: { events: 10 } });
    const ids = [];
    for (let n = 1; n <= 1_500; n++) ids.push(await channel.publish("n", n));
    const fromLog = connect(channel.subscribe(), ids[599]);
    const fromGap = connect(channel.subscribe(), ids[99]);
    await expect.poll(() => read(fromLog).length).toBe(900);
    await expect.poll(() => read(fromGap).length).toBe(1_001);
    expect(read(fromLog)).toEqual(Array.from({ length: 900 }, (_, n) => 601 + n));
    expect(read(fromGap)).toEqual([
      { reason: "trimmed", lastEventId: ids[99], resumesAfter: ids[499] },
      ...Array.from({ length: 1_000 }, (_, n) => 501 + n),
    ]);
  });

  it("is not needed to start at the oldest event or after an event ID: `from` does so", async () => {
    const { channel, connect } = await openWorld();
    const ids = [];
    for (let n = 1; n <= 3; n++) ids.push(await channel.publish("n", n));
    const start = connect(channel.subscribe({ from: "start" }));
    const after = connect(channel.subscribe({ from: ids[1]! }));
    const now = connect(channel.subscribe());
    await turns();
    expect([start, after, now].map(read)).toEqual([[1, 2, 3], [3], []]);
  });

  const huge = "x".repeat(10_000_000);
  it.each([
    ["another epoch", "otherepoch-3", "other-epoch"],
    ["from the future", "EPOCH-999999", "future"],
    ["negative", "EPOCH--1", "unparsable"],
    ["a fraction", "EPOCH-1.5", "unparsable"],
    ["an exponent", "EPOCH-1e3", "unparsable"],
    ["beyond safe integers", "EPOCH-99999999999999999999", "unparsable"],
    ["with NUL", "a\0b", "unparsable"],
    ["with a line end", "a\nb", "unparsable"],
    ["unknown", "order/77", "unknown"],
    ["10 MB long", huge, "unparsable"],
  ])("from a last event ID that is %s is a gap, and every kept event follows", async (_, given, reason) => {
    const { channel, connect, hub } = await openWorld();
    for (let n = 1; n <= 3; n++) await channel.publish("n", n);
    const epoch = (await channel.position()).split("-")[0]!;
    const lastEventId = given.replace("EPOCH", epoch);
    const subscriber = connect(channel.subscribe(), lastEventId);
    await turns();
    const [gap, ...events] = read(subscriber);
    expect(gap).toEqual({ reason, lastEventId: lastEventId.slice(0, 128), resumesAfter: `${epoch}-0` });
    expect(subscriber.seen[0]).toMatchObject({ type: "gap", lastEventId: `${epoch}-0` });
    expect(events).toEqual([1, 2, 3]);
    expect(hub.counts.gaps).toBe(1);
  });

  it("from the position just before the oldest kept event reports no gap", async () => {
    const { channel, connect } = await openWorld({ retain: { events: 2 } });
    const ids = [];
    for (let n = 1; n <= 4; n++) ids.push(await channel.publish("n", n));
    const subscriber = connect(channel.subscribe(), ids[1]);
    await turns();
    expect(read(subscriber)).toEqual([3, 4]);
  });
});

describe("a snapshot", () => {
  it('"latest" has the newest selected event of each key, without IDs, then the position', async () => {
    const { channel, connect } = await openWorld({ latestBy: ({ type, topics }) => `${type}:${topics}` });
    await channel.publish("metric", 1);
    await channel.publish("status", "up");
    await channel.publish("metric", 2);
    await channel.publish("secret", 3, { topics: ["a"] });
    const subscriber = connect(channel.subscribe({ initial: "latest" }));
    await turns();
    subscriber.take();
    expect(subscriber.seen).toEqual([
      { type: "status", data: "up", lastEventId: "" },
      { type: "metric", data: "2", lastEventId: "" },
    ]);
    expect(subscriber.lastEventId).toBe(await channel.position());
    await channel.publish("metric", 4);
    await turns();
    subscriber.take();
    expect(subscriber.seen.at(-1)).toMatchObject({ data: "4" });
  });

  it("is not sent to a subscriber that resumes", async () => {
    const { channel, connect } = await openWorld({ latestBy: ({ type }) => type });
    const id = await channel.publish("metric", 1);
    await channel.publish("metric", 2);
    const subscriber = connect(channel.subscribe({ initial: "latest" }), id);
    await turns();
    expect(read(subscriber)).toEqual([2]);
  });

  it("made by a function comes first, and events published meanwhile follow it", async () => {
    const { channel, connect } = await openWorld();
    let publishMeanwhile!: () => void;
    const meanwhile = new Promise<void>((resolve) => {
      publishMeanwhile = resolve;
    });
    const subscriber = connect(
      channel.subscribe({
        initial: async function* ({ lastEventId }) {
          yield new SseItem({ lastEventId: lastEventId ?? null }, { event: "snapshot" });
          await meanwhile;
          yield "rest of the snapshot";
        },
      }),
    );
    await channel.publish("n", 1);
    publishMeanwhile();
    await turns(6);
    subscriber.take();
    expect(subscriber.seen.map(({ data }) => data)).toEqual(['{"lastEventId":null}', "rest of the snapshot", "1"]);
  });

  it("contains events published just before, and does not repeat them", async () => {
    const { channel, connect } = await openWorld({ latestBy: ({ type }) => type });
    const subscriber = connect(channel.subscribe({ initial: "latest" }), "older-7");
    const late = connect(channel.subscribe({ initial: "latest" }), "unknown");
    void channel.publish("metric", "late");
    await turns(6);
    for (const each of [subscriber, late]) {
      each.take();
      expect(each.seen.filter(({ data }) => data === "late")).toHaveLength(1);
    }
  });

  it("is sent again after a gap, whose ID leads to the same gap until the snapshot is complete", async () => {
    const { channel, connect } = await openWorld();
    await channel.publish("n", 1);
    let hold: Promise<void> = new Promise(() => undefined);
    const initial = async function* () {
      await hold;
      yield "snapshot";
    };
    const cut = connect(channel.subscribe({ initial }), "older-7");
    await turns();
    cut.take();
    expect(cut.seen).toMatchObject([{ type: "gap", lastEventId: "older-7" }]);
    cut.disconnect();
    hold = Promise.resolve();
    const again = connect(channel.subscribe({ initial }), cut.lastEventId);
    await turns(6);
    again.take();
    expect(again.seen.map(({ type, data }) => (type === "gap" ? "gap" : data))).toEqual(["gap", "snapshot"]);
    expect(again.lastEventId).toBe(await channel.position());
  });

  it("that throws is reported and ends the stream, so that the subscriber tries again", async () => {
    const { channel, connect, errors } = await openWorld();
    const subscriber = connect(
      channel.subscribe({
        initial: () => {
          throw new Error("no database");
        },
      }),
    );
    expect(await subscriber.closed).toBe("error");
    expect(errors).toMatchObject([{ error: { message: "no database" }, context: { stage: "initial" } }]);
    expect(channel.stats().subscribers).toBe(0);
  });

  it("with an ID is refused", async () => {
    const { channel, connect, errors } = await openWorld();
    const subscriber = connect(channel.subscribe({ initial: () => [new SseItem(1, { id: "x" })] }));
    expect(await subscriber.closed).toBe("error");
    expect(errors).toMatchObject([{ error: { code: "INVALID_FIELD" } }]);
  });

  it("larger than a high-water mark is written at the pace of the reader", async () => {
    const { channel, connect } = await openWorld({}, { highWaterMark: 1_024 });
    let made = 0;
    const subscriber = connect(
      channel.subscribe({
        initial: function* () {
          for (; made < 500; made++) yield { made, pad: "x".repeat(100) };
        },
      }),
    );
    await turns(20);
    expect(made).toBeLessThan(30);
    await expect.poll(() => read(subscriber).length, { interval: 1 }).toBe(500);
  });
});

describe("a log that begins a new life", () => {
  /** Makes a memory log whose life the test can end, like a Redis that restarts empty. */
  function mortalLog() {
    let current: ChannelLog;
    let tail: TailListener;
    const retain = { events: 100, bytes: 1e6, age: Number.POSITIVE_INFINITY };
    const renew = () => {
      current = new MemoryChannelLog(retain);
    };
    renew();
    const channelLog: ChannelLog = {
      get epoch() {
        return current.epoch;
      },
      get first() {
        return current.first;
      },
      get last() {
        return current.last;
      },
      append: (entries) => current.append(entries),
      read: (after, events, bytes) => current.read(after, events, bytes),
      tail: (listener) => {
        tail = listener;
        current.tail(listener);
        return () => undefined;
      },
      holds: () => undefined,
      sync: () => undefined,
      positionOf: (id) => current.positionOf(id),
      trim: (through) => current.trim(through),
      delete: () => current.delete(),
      close: async () => undefined,
    };
    const log: Log = { shared: false, open: () => channelLog, close: async () => undefined };
    return {
      log,
      async die(kept: number) {
        renew();
        await current.append(Array.from({ length: kept }, (_, n) => ({ type: "n", data: `${100 + n}`, json: true })));
        current.tail(tail);
        tail.reset();
      },
    };
  }

  it("makes every subscriber, live or lagging, receive a gap and the events of the new life", async () => {
    const { log, die } = mortalLog();
    const { channel, connect } = await openWorld({}, { highWaterMark: 1_024 }, log);
    const live = connect(channel.subscribe());
    const lagging = connect(channel.subscribe());
    for (let n = 0; n < 50; n++) {
      await channel.publish("n", n);
      await turns(1);
      live.take();
    }
    const before = live.lastEventId;
    await die(2);
    await channel.publish("n", 7);
    await turns();
    const seen = read(live);
    expect(seen.slice(-4)).toEqual([
      { reason: "other-epoch", lastEventId: before, resumesAfter: expect.stringMatching(/-0$/) },
      100,
      101,
      7,
    ]);
    await expect.poll(() => read(lagging).slice(-4)).toMatchObject([{ reason: "other-epoch" }, 100, 101, 7]);
    expect(live.lastEventId).toBe(await channel.position());
  });

  it("makes heartbeats and connections() show the position of the new life", async () => {
    const { log, die } = mortalLog();
    const { channel, connect, hub } = await openWorld({}, {}, log);
    connect(channel.subscribe());
    const other = connect(channel.subscribe());
    for (let n = 0; n < 20; n++) await channel.publish("n", n);
    await turns();
    await die(0);
    await channel.publish("n", 1, { topics: ["a"] });
    await turns();
    const [stream] = [...hub.streams];
    stream?.write(stream.feed.heartbeat());
    expect(stream?.feed.describe().lastEventId).toBe(await channel.position());
    expect(read(other).at(-1)).toMatchObject({ reason: "other-epoch" });
  });

  it("continues a subscriber that waited in the run queue once, so that no event comes twice", async () => {
    const { log, die } = mortalLog();
    const { channel, hub } = await openWorld({}, { highWaterMark: 1_024 }, log);
    for (let n = 0; n < 90; n++) await channel.publish("n", "x".repeat(400));
    const subscriber = new FakeSubscriber(hub, channel.subscribe({ from: "start" }), undefined, true);
    expect(subscriber.seen.length).toBeLessThan(90);
    await die(0);
    await turns();
    subscriber.take();
    await channel.publish("n", "once");
    await turns();
    subscriber.take();
    expect(subscriber.seen.filter(({ data }) => data === "once")).toHaveLength(1);
    expect(channel.stats()).toMatchObject({ live: 1, lagging: 0 });
    subscriber.disconnect();
    expect(channel.stats()).toMatchObject({ live: 0, cohorts: 0 });
  });

  it("makes an iteration yield a gap", async () => {
    const { log, die } = mortalLog();
    const { channel } = await openWorld({}, {}, log);
    const items = channel.subscribe()[Symbol.asyncIterator]();
    await channel.publish("n", 1);
    expect((await items.next()).value).toMatchObject({ type: "n", data: 1 });
    const next = items.next();
    await turns();
    await die(1);
    expect((await next).value).toMatchObject({ type: "gap", data: { reason: "other-epoch" } });
    expect((await items.next()).value).toMatchObject({ type: "n", data: 100 });
    await items.return();
  });
});
