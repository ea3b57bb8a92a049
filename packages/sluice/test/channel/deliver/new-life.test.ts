import { describe, expect, it } from "vitest";
import type { ChannelOptions } from "../../../src/channel/channel-options.ts";
import type { ChannelLog, Log, LogEntry, NewEntry } from "../../../src/logs/log.ts";
import { MemoryChannelLog } from "../../../src/logs/memory/memory-channel-log.ts";
import { currentLife } from "../../../src/logs/shared/life/life.ts";
import { LogView } from "../../../src/logs/shared/view/log-view.ts";
import { SharedMemory } from "../../logs/support/shared-memory.ts";
import { turns } from "../../support/turns.ts";
import { openWorld, read } from "../support/channel-world.ts";
import { FakeSubscriber } from "../support/fake-subscriber.ts";

/** Makes a shared log whose lives the test ends, and whose answers the test can hold back. */
function sharedLog() {
  let life = currentLife({ run: "0", first: 1, last: 0 }, undefined);
  let runs = 0;
  let entries: LogEntry[] = [];
  const first = 1;
  let held: Promise<void> = Promise.resolve();
  let noticesAtRead = false;
  const known = new LogView(life, 1, 0);
  const add = (added: readonly NewEntry[]) => {
    const before = entries.length;
    for (const entry of added) entries.push({ ...entry, offset: entries.length + 1, time: 0 });
    return entries.slice(before);
  };
  const channelLog: ChannelLog = {
    get epoch() {
      return known.epoch;
    },
    get first() {
      return known.first;
    },
    get last() {
      return known.last;
    },
    holds: (epoch) => known.holds(epoch),
    append: async (brought) => {
      const added = add(brought);
      known.appended(added);
      return added.map(({ offset }) => offset);
    },
    read: async (after, events) => {
      if (noticesAtRead) known.enterLife(life, first, entries.length);
      const found = after + 1 < first ? "gone" : entries.slice(after, after + events);
      await held;
      return found;
    },
    tail: (listener) => known.tail(listener),
    sync: async () => {
      await held;
      known.receive(entries.slice(known.last));
    },
    positionOf: async (id) => {
      const found = entries.find((entry) => entry.id === id)?.offset;
      await held;
      return found;
    },
    trim: async () => undefined,
    delete: async () => undefined,
    close: async () => undefined,
  };
  return {
    log: { shared: true, open: () => channelLog, close: async () => undefined } satisfies Log,
    /** Appends in another process. This process has not received the entries yet. */
    appendElsewhere(...data: string[]) {
      add(data.map((each) => ({ type: "n", data: each, json: false })));
    },
    /** Makes this process enter the current life. */
    enterLife() {
      known.enterLife(life, first, entries.length);
    },
    /** From now on each read looks at the life first, within its call, as LMDB does. */
    noticeAtRead() {
      noticesAtRead = true;
    },
    /** Makes this process enter the current life and receive every entry. */
    receiveAll() {
      this.enterLife();
      known.receive(entries.slice(known.last));
    },
    /** Keeps the first `kept` entries, and begins a new life. This process does not know of it yet. */
    loseAfter(kept: number, ...data: string[]) {
      entries = entries.slice(0, kept);
      life = currentLife({ run: `${++runs}`, first, last: kept }, life);
      this.appendElsewhere(...data);
    },
    /** Holds back the answers to calls made from now on. Returns the function that releases them. */
    hold(): () => void {
      let release!: () => void;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
  };
}

/** All but the newest event are read from the log. */
const SMALL_WINDOW = { window: { events: 1 } };
const LETTERS = ["a", "b", "c", "d", "e"];

async function setUp(options: ChannelOptions<Record<string, unknown>> = {}) {
  const store = sharedLog();
  store.appendElsewhere(...LETTERS);
  const world = await openWorld(options, { highWaterMark: 1_024 }, store.log);
  store.receiveAll();
  return { store, ...world };
}

const dataOf = (subscriber: FakeSubscriber) => {
  subscriber.take();
  return subscriber.seen.map(({ type, data }) => (type === "gap" ? "gap" : data));
};

describe("a new life of the log", () => {
  it.each([
    ["keeps the subscriber's place: the rest follows once", 0, ["a", "b", "x", "y"]],
    ["lost the subscriber's place: one gap, and what is kept follows once", 3, ["gap", "a", "b", "x", "y"]],
  ])("that the log notices within the call of a read %s", async (_, place, expected) => {
    const { store, channel, connect } = await setUp(SMALL_WINDOW);
    const [epoch] = (await channel.position()).split("-");
    store.loseAfter(2, "x", "y");
    store.noticeAtRead();
    const subscriber = connect(channel.subscribe(), `${epoch}-${place}`);
    for (let turn = 0; turn < 20; turn++) {
      await turns();
      subscriber.take();
    }
    store.receiveAll();
    await turns();
    expect(dataOf(subscriber)).toEqual(expected);
  });

  it("that lost nothing is no gap, and positions of the earlier life stay valid", async () => {
    const { store, channel, connect } = await setUp();
    const position = await channel.position();
    const live = connect(channel.subscribe());
    store.loseAfter(5, "f");
    store.receiveAll();
    await turns();
    expect(dataOf(live)).toEqual(["f"]);
    expect(dataOf(connect(channel.subscribe(), position))).toEqual(["f"]);
  });

  it("is a gap only for subscribers that had more than it kept", async () => {
    const { store, channel } = await setUp();
    const epoch = (await channel.position()).split("-")[0];
    store.loseAfter(3, "D", "E", "F");
    store.receiveAll();
    for (const [offset, seen] of [
      [2, ["c", "D", "E", "F"]],
      [3, ["D", "E", "F"]],
      [4, ["gap", "a", "b", "c", "D", "E", "F"]],
    ] as const) {
      const items = channel.subscribe().after(`${epoch}-${offset}`);
      for (const expected of seen) {
        const { type, data } = (await items.next()).value!;
        expect(type === "gap" ? "gap" : data).toBe(expected);
      }
      await items.return();
    }
  });

  it("that begins before the first next() of an iteration makes the iteration yield a gap", async () => {
    const { store, channel } = await setUp();
    const items = channel.subscribe()[Symbol.asyncIterator]();
    store.loseAfter(3, "D", "E", "F");
    store.receiveAll();
    expect((await items.next()).value).toMatchObject({ type: "gap", data: { reason: "other-epoch" } });
    expect((await items.next()).value).toMatchObject({ data: "a" });
    await items.return();
  });

  it("that begins during a read does not mix the events read with its own", async () => {
    const { store, channel, connect } = await setUp(SMALL_WINDOW);
    const epoch = (await channel.position()).split("-")[0];
    const release = store.hold();
    const subscriber = connect(channel.subscribe(), `${epoch}-2`);
    store.loseAfter(3, "D", "E", "F");
    store.receiveAll();
    release();
    await turns();
    expect(dataOf(subscriber)).toEqual(["c", "D", "E", "F"]);
    expect(subscriber.seen.map(({ lastEventId }) => lastEventId).at(-1)).toBe(await channel.position());
  });

  // The answer passes through some promises before it reaches the subscriber.
  it.each(Array.from({ length: 10 }, (_, microtask) => [microtask]))(
    "that begins %i microtasks after the answer to a read does not mix the events read with its own",
    async (microtasks) => {
      const { store, channel, connect } = await setUp(SMALL_WINDOW);
      const epoch = (await channel.position()).split("-")[0];
      const release = store.hold();
      const subscriber = connect(channel.subscribe(), `${epoch}-2`);
      release();
      for (let i = 0; i < microtasks; i++) await undefined;
      store.loseAfter(3, "D", "E", "F");
      store.receiveAll();
      await turns();
      const other = connect(channel.subscribe(), `${epoch}-2`);
      await turns();
      const seen = dataOf(subscriber);
      // Either it had received more than was kept, or it had not.
      if (seen.includes("gap")) expect(seen).toEqual(["c", "d", "e", "gap", "a", "b", "c", "D", "E", "F"]);
      else expect(seen).toEqual(["c", "D", "E", "F"]);
      expect(dataOf(other)).toEqual(["c", "D", "E", "F"]);
    },
  );

  it("does not deliver events that an earlier life had read ahead and then lost", async () => {
    const { store, channel, connect } = await setUp(SMALL_WINDOW);
    const epoch = (await channel.position()).split("-")[0];
    store.appendElsewhere("x".repeat(2_000));
    store.receiveAll();
    store.appendElsewhere("lost");
    // The events read for this lagging subscriber are kept for others.
    connect(channel.subscribe(), `${epoch}-0`);
    await turns();
    store.loseAfter(6, "f", "g");
    store.receiveAll();
    await turns();
    const other = connect(channel.subscribe(), `${epoch}-4`);
    await turns();
    other.take();
    await turns();
    expect(dataOf(other).map((data) => data.at(-1))).toEqual(["e", "x", "f", "g"]);
  });

  it("continues a subscriber in the run queue once, so that no event comes twice", async () => {
    const { store, channel, hub } = await setUp(SMALL_WINDOW);
    const epoch = (await channel.position()).split("-")[0];
    const many = (name: string) => Array.from({ length: 20 }, (_, n) => `${name}${n}${"x".repeat(400)}`);
    store.appendElsewhere(...many("old"));
    store.receiveAll();
    const subscriber = new FakeSubscriber(hub, channel.subscribe(), `${epoch}-0`, true);
    while (subscriber.seen.length === 0) await undefined;
    // Its first read in the new life completes after the turn that it waited for in the old life.
    const release = store.hold();
    store.loseAfter(0, ...many("new"));
    store.receiveAll();
    await turns();
    release();
    await turns(20);
    const seen = dataOf(subscriber);
    expect(seen.length).toBeGreaterThan(21);
    expect(seen.slice(seen.indexOf("gap"))).toEqual(["gap", ...many("new")]);
  });
});

it("a position of an earlier life ahead of what this process has received waits until the entries arrive", async () => {
  const { store, channel, connect } = await setUp();
  const epoch = (await channel.position()).split("-")[0];
  store.appendElsewhere("f", "g");
  store.loseAfter(7, "h");
  store.enterLife();
  const release = store.hold();
  const subscriber = connect(channel.subscribe(), `${epoch}-7`);
  await turns();
  subscriber.take();
  expect(subscriber.lastEventId).toBe(`${epoch}-7`);
  release();
  await turns();
  expect(dataOf(subscriber)).toEqual(["h"]);
  expect(channel.stats()).toMatchObject({ live: 1, lagging: 0 });
});

it("a publisher's own ID that is lost during its lookup is a gap", async () => {
  const { store, channel, connect } = await setUp();
  await channel.publish("n", "own", { id: "own" });
  const subscriber = connect(channel.subscribe(), "own");
  const items = channel.subscribe().after("own");
  const release = store.hold();
  await turns();
  store.loseAfter(5, "F", "G");
  store.receiveAll();
  release();
  await turns();
  expect(dataOf(subscriber)).toEqual(["gap", ...LETTERS, "F", "G"]);
  expect((await items.next()).value).toMatchObject({ type: "gap" });
  expect((await items.next()).value).toMatchObject({ data: "a" });
  await items.return();
});

it("a history that spans two lives has no event that was lost", async () => {
  const { store, channel } = await setUp();
  const release = store.hold();
  const history = channel.history({ limit: 3 });
  await turns();
  store.loseAfter(3, "D");
  store.receiveAll();
  release();
  const { events, position } = await history;
  expect(events.map(({ data }) => data)).toEqual(["b", "c", "D"]);
  expect(position).toBe(await channel.position());
});

it("a snapshot that is loading when a new life begins waits for the events of the new life", async () => {
  const { store, channel, connect } = await setUp({ latestBy: ({ data }) => String(data) });
  const releaseFirst = store.hold();
  store.loseAfter(4);
  store.receiveAll();
  const subscriber = connect(channel.subscribe({ initial: "latest" }));
  store.appendElsewhere("e", "lost");
  store.receiveAll();
  const releaseSecond = store.hold();
  store.loseAfter(5, "f");
  store.receiveAll();
  releaseFirst();
  await turns();
  expect(dataOf(subscriber)).toEqual([]);
  releaseSecond();
  await turns();
  expect(dataOf(subscriber)).toEqual(["a", "b", "c", "d", "e", "f"]);
});

it("a gap names the position of a live subscriber that has received no event yet", async () => {
  const store = new SharedMemory();
  const { channel, connect } = await openWorld({}, {}, store.open());
  const position = await channel.position();
  const subscriber = connect(channel.subscribe());
  await expect.poll(() => channel.stats().live).toBe(1);
  store.loseEverything();
  await expect
    .poll(() => {
      subscriber.take();
      return subscriber.seen.map(({ data }) => JSON.parse(data).lastEventId);
    })
    .toEqual([position]);
  subscriber.disconnect();
  await channel.shutDown();
});

it("a subscriber with a publisher's own ID from before a loss receives a gap and continues after it", async () => {
  const { log, lose } = losingLog();
  const { channel, connect } = await openWorld({}, {}, log);
  await channel.publish("n", 1, { id: "own/1" });
  lose();
  await channel.publish("n", 2);
  const subscriber = connect(channel.subscribe(), "own/1");
  await expect.poll(() => read(subscriber)).toHaveLength(2);
  const [gap, event] = subscriber.seen;
  expect(gap).toMatchObject({ type: "gap" });
  expect(JSON.parse(gap!.data)).toMatchObject({ reason: "other-epoch", lastEventId: "own/1" });
  expect(event!.data).toBe("2");
  subscriber.disconnect();
  await channel.shutDown();
});

/** Makes a memory log that can report a loss after its newest entry. */
function losingLog() {
  const inner = new MemoryChannelLog({ events: 100, bytes: 1e6, age: 1e9 });
  let lostAfter = 0;
  const log: Log = {
    shared: false,
    open: () => Object.defineProperty(inner, "lostAfter", { get: () => lostAfter }),
    close: () => inner.close(),
  };
  return {
    log,
    lose: () => {
      lostAfter = inner.last;
    },
  };
}
