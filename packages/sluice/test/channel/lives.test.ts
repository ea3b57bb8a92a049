import { describe, expect, test } from "vitest";
import type { ChannelOptions } from "../../src/channel/channel-options.ts";
import type { ChannelLog, Log, LogEntry, NewEntry } from "../../src/logs/log.ts";
import { MemoryChannelLog } from "../../src/logs/memory/memory-channel-log.ts";
import { currentLife } from "../../src/logs/shared/life.ts";
import { LogView } from "../../src/logs/shared/log-view.ts";
import { SharedMemory } from "../logs/support/shared-memory.ts";
import { openWorld, read, turns } from "./channel-world.ts";
import { FakeSubscriber } from "./fake-subscriber.ts";

/** A log that others share, whose lives the test ends, and whose answers it can hold back. */
function sharedLog() {
  let life = currentLife({ run: "0", first: 1, last: 0 }, undefined);
  let runs = 0;
  let entries: LogEntry[] = [];
  const first = 1;
  let held: Promise<void> = Promise.resolve();
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
    close: async () => undefined,
  };
  return {
    log: { shared: true, open: () => channelLog, close: async () => undefined } satisfies Log,
    /** Others append, and this process does not know of it yet. */
    elsewhere(...data: string[]) {
      add(data.map((each) => ({ type: "n", data: each, json: false })));
    },
    /** This process learns that there is a new life. */
    learnLife() {
      known.enterLife(life, first, entries.length);
    },
    /** This process learns of everything. */
    learn() {
      this.learnLife();
      known.receive(entries.slice(known.last));
    },
    /** Only so many are left, and another life begins with these; this process does not know of it yet. */
    loseAfter(kept: number, ...data: string[]) {
      entries = entries.slice(0, kept);
      life = currentLife({ run: `${++runs}`, first, last: kept }, life);
      this.elsewhere(...data);
    },
    /** Answers that are asked for from now on are held back until the function is called. */
    hold(): () => void {
      let release!: () => void;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
  };
}

/** What is older than the newest event is read from the log. */
const SMALL_WINDOW = { window: { events: 1 } };
const LETTERS = ["a", "b", "c", "d", "e"];

async function setUp(options: ChannelOptions<Record<string, unknown>> = {}) {
  const store = sharedLog();
  store.elsewhere(...LETTERS);
  const world = await openWorld(options, { highWaterMark: 1_024 }, store.log);
  store.learn();
  return { store, ...world };
}

const dataOf = (subscriber: FakeSubscriber) => {
  subscriber.take();
  return subscriber.seen.map(({ type, data }) => (type === "gap" ? "gap" : data));
};

describe("a new life of the log", () => {
  test("that lost nothing is no gap, and positions of the earlier one go on", async () => {
    const { store, channel, connect } = await setUp();
    const position = await channel.position();
    const live = connect(channel.subscribe());
    store.loseAfter(5, "f");
    store.learn();
    await turns();
    expect(dataOf(live)).toEqual(["f"]);
    expect(dataOf(connect(channel.subscribe(), position))).toEqual(["f"]);
  });

  test("is a gap only for those who had more than it kept", async () => {
    const { store, channel } = await setUp();
    const epoch = (await channel.position()).split("-")[0];
    store.loseAfter(3, "D", "E", "F");
    store.learn();
    for (const [offset, seen] of [
      [2, ["c", "D", "E", "F"]],
      [3, ["D", "E", "F"]],
      [4, ["gap", "a", "b", "c", "D", "E", "F"]],
    ] as const) {
      const items = channel.subscribe().after(`${epoch}-${offset}`);
      for (const expected of seen) {
        const { event, data } = (await items.next()).value!;
        expect(event === "gap" ? "gap" : data).toBe(expected);
      }
      await items.return();
    }
  });

  test("begun between the making and the first asking of an iteration is told it", async () => {
    const { store, channel } = await setUp();
    const items = channel.subscribe()[Symbol.asyncIterator]();
    store.loseAfter(3, "D", "E", "F");
    store.learn();
    expect((await items.next()).value).toMatchObject({ event: "gap", data: { reason: "other-epoch" } });
    expect((await items.next()).value).toMatchObject({ data: "a" });
    await items.return();
  });

  test("begun while older events were being read does not mix them with its own", async () => {
    const { store, channel, connect } = await setUp(SMALL_WINDOW);
    const epoch = (await channel.position()).split("-")[0];
    const release = store.hold();
    const subscriber = connect(channel.subscribe(), `${epoch}-2`);
    store.loseAfter(3, "D", "E", "F");
    store.learn();
    release();
    await turns();
    expect(dataOf(subscriber)).toEqual(["c", "D", "E", "F"]);
    expect(subscriber.seen.map(({ lastEventId }) => lastEventId).at(-1)).toBe(await channel.position());
  });

  // The answer goes through some hands until the subscriber has it.
  test.each(Array.from({ length: 10 }, (_, hand) => [hand]))(
    "begun %i hands after a read was answered does not mix what was read with its own",
    async (hands) => {
      const { store, channel, connect } = await setUp(SMALL_WINDOW);
      const epoch = (await channel.position()).split("-")[0];
      const release = store.hold();
      const subscriber = connect(channel.subscribe(), `${epoch}-2`);
      release();
      for (let i = 0; i < hands; i++) await undefined;
      store.loseAfter(3, "D", "E", "F");
      store.learn();
      await turns();
      const other = connect(channel.subscribe(), `${epoch}-2`);
      await turns();
      const seen = dataOf(subscriber);
      // It had more than was kept, or it had not.
      if (seen.includes("gap")) expect(seen).toEqual(["c", "d", "e", "gap", "a", "b", "c", "D", "E", "F"]);
      else expect(seen).toEqual(["c", "D", "E", "F"]);
      expect(dataOf(other)).toEqual(["c", "D", "E", "F"]);
    },
  );

  test("does not give what was read ahead in an earlier one, and then lost", async () => {
    const { store, channel, connect } = await setUp(SMALL_WINDOW);
    const epoch = (await channel.position()).split("-")[0];
    store.elsewhere("x".repeat(2_000));
    store.learn();
    store.elsewhere("lost");
    // What is read for one who stays behind is kept for others.
    connect(channel.subscribe(), `${epoch}-0`);
    await turns();
    store.loseAfter(6, "f", "g");
    store.learn();
    await turns();
    const other = connect(channel.subscribe(), `${epoch}-4`);
    await turns();
    other.take();
    await turns();
    expect(dataOf(other).map((data) => data.at(-1))).toEqual(["e", "x", "f", "g"]);
  });

  test("finds a subscriber in the run queue once, so that nothing comes twice", async () => {
    const { store, channel, hub } = await setUp(SMALL_WINDOW);
    const epoch = (await channel.position()).split("-")[0];
    const many = (name: string) => Array.from({ length: 20 }, (_, n) => `${name}${n}${"x".repeat(400)}`);
    store.elsewhere(...many("old"));
    store.learn();
    const subscriber = new FakeSubscriber(hub, channel.subscribe(), `${epoch}-0`, true);
    while (subscriber.seen.length === 0) await undefined;
    // What it is to read in the new life comes after its turn in the old one would have.
    const release = store.hold();
    store.loseAfter(0, ...many("new"));
    store.learn();
    await turns();
    release();
    await turns(20);
    const seen = dataOf(subscriber);
    expect(seen.length).toBeGreaterThan(21);
    expect(seen.slice(seen.indexOf("gap"))).toEqual(["gap", ...many("new")]);
  });
});

test("a position of an earlier life that is ahead of what this process knows is waited for", async () => {
  const { store, channel, connect } = await setUp();
  const epoch = (await channel.position()).split("-")[0];
  store.elsewhere("f", "g");
  store.loseAfter(7, "h");
  store.learnLife();
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

test("a publisher's own ID that was lost while it was looked for is a gap", async () => {
  const { store, channel, connect } = await setUp();
  await channel.publish("n", "own", { id: "own" });
  const subscriber = connect(channel.subscribe(), "own");
  const items = channel.subscribe().after("own");
  const release = store.hold();
  await turns();
  store.loseAfter(5, "F", "G");
  store.learn();
  release();
  await turns();
  expect(dataOf(subscriber)).toEqual(["gap", ...LETTERS, "F", "G"]);
  expect((await items.next()).value).toMatchObject({ event: "gap" });
  expect((await items.next()).value).toMatchObject({ data: "a" });
  await items.return();
});

test("history begun in one life and ended in another has nothing of what was lost", async () => {
  const { store, channel } = await setUp();
  const release = store.hold();
  const history = channel.history({ limit: 3 });
  await turns();
  store.loseAfter(3, "D");
  store.learn();
  release();
  const { events, position } = await history;
  expect(events.map(({ data }) => data)).toEqual(["b", "c", "D"]);
  expect(position).toBe(await channel.position());
});

test("a snapshot that waits for a life's newest events waits for those of the life that follows", async () => {
  const { store, channel, connect } = await setUp({ latestBy: ({ data }) => String(data) });
  const releaseFirst = store.hold();
  store.loseAfter(4);
  store.learn();
  const subscriber = connect(channel.subscribe({ initial: "latest" }));
  store.elsewhere("e", "lost");
  store.learn();
  const releaseSecond = store.hold();
  store.loseAfter(5, "f");
  store.learn();
  releaseFirst();
  await turns();
  expect(dataOf(subscriber)).toEqual([]);
  releaseSecond();
  await turns();
  expect(dataOf(subscriber)).toEqual(["a", "b", "c", "d", "e", "f"]);
});

test("a gap tells a live subscriber its position also where it was given no event yet", async () => {
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
  await channel.close();
});

test("one who comes back with a publisher's own ID from before a loss is told of a gap, and goes on after it", async () => {
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
  await channel.close();
});

/** The memory log, as one that says that something was lost after its newest entry. */
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
