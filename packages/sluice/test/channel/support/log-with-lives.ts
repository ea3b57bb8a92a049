import type { ChannelOptions } from "../../../src/channel/channel-options.ts";
import type { ChannelLog, Log, LogEntry, NewEntry } from "../../../src/logs/log.ts";
import { currentLife } from "../../../src/logs/shared/life/life.ts";
import { LogView } from "../../../src/logs/shared/view/log-view.ts";
import { openWorld } from "./channel-world.ts";
import type { FakeSubscriber } from "./fake-subscriber.ts";

/** Makes a shared log whose lives the test ends, and whose answers the test can hold back. */
function logWithLives() {
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

/** Options of a channel. All its events but the newest are read from the log. */
export const SMALL_WINDOW = { window: { events: 1 } };
/** The data of the events in the log at the beginning. */
export const LETTERS = ["a", "b", "c", "d", "e"];

/** Opens a channel on a log with {@link LETTERS}, whose lives the test ends. */
export async function openWorldWithLives(options: ChannelOptions<Record<string, unknown>> = {}) {
  const store = logWithLives();
  store.appendElsewhere(...LETTERS);
  const world = await openWorld(options, { highWaterMark: 1_024 }, store.log);
  store.receiveAll();
  return { store, ...world };
}

/** Returns the data that a subscriber has received, and `"gap"` for each gap. */
export function dataOf(subscriber: FakeSubscriber): string[] {
  subscriber.take();
  return subscriber.seen.map(({ type, data }) => (type === "gap" ? "gap" : data));
}
