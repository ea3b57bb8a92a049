import type { ChannelLog, Log, NewEntry } from "../../src/logs/log.ts";
import { MemoryChannelLog } from "../../src/logs/memory/memory-channel-log.ts";
import { turns } from "./channel-world.ts";
import { ForgetfulLog } from "./forgetful-log.ts";
import { ForgetfulStore } from "./forgetful-store.ts";
import { Past } from "./past.ts";
import { Wire } from "./wire.ts";

/** What a channel of the model stands on: its log, and all that ever was in it. */
export interface Ground {
  readonly log: Log;
  readonly past: Past;
  /** The log of the channel, once it is open. */
  readonly channelLog: ChannelLog;
  /** Where others have a hand in it, too. */
  readonly store: ForgetfulStore | undefined;
  /** Hears of what this process publishes. */
  published(entry: NewEntry): void;
}

/** The memory log, as it is or behind something. */
export function memoryGround(retainedEvents: number, wrap: (log: Log) => Log = (log) => log): Ground {
  const retain = { events: retainedEvents, bytes: Number.POSITIVE_INFINITY, age: Number.POSITIVE_INFINITY };
  const channelLog = new MemoryChannelLog(retain);
  const log: Log = { shared: false, open: () => channelLog, close: () => channelLog.close() };
  const past = new Past();
  const entries: NewEntry[] = [];
  past.eras.push({
    epoch: channelLog.epoch,
    entries,
    get first() {
      return channelLog.first;
    },
    kept: undefined,
  });
  return { log: wrap(log), past, channelLog, store: undefined, published: (entry) => void entries.push(entry) };
}

/** A log that others share, and whose store may forget. `seed` is for how long everything takes. */
export function forgetfulGround(retainedEvents: number, seed: number): Ground {
  const store = new ForgetfulStore(retainedEvents);
  let opened: ForgetfulLog;
  const log: Log = {
    shared: true,
    open: async () => (opened = await ForgetfulLog.open(store, new Wire(seed))),
    close: async () => undefined,
  };
  return {
    log,
    past: store.past,
    get channelLog() {
      return opened;
    },
    store,
    published: () => undefined,
  };
}

/** The same log, opened, read and asked over the course of some event-loop turns, as a log on the network is. */
export function slowly(log: Log): Log {
  let delays = 0;
  const later = async <T>(value: T | Promise<T>): Promise<T> => {
    await turns(delays++ % 3);
    return value;
  };
  return {
    shared: false,
    async open(name, options) {
      const opened = await log.open(name, options);
      await turns(1);
      return {
        get epoch() {
          return opened.epoch;
        },
        get first() {
          return opened.first;
        },
        get last() {
          return opened.last;
        },
        append: async (entries) => {
          const offsets = await opened.append(entries);
          return later(offsets);
        },
        read: (after, events, bytes) => later(opened.read(after, events, bytes)),
        tail: (listener) => opened.tail(listener),
        holds: (epoch) => opened.holds(epoch),
        sync: () => later(undefined),
        positionOf: (id) => later(opened.positionOf(id)),
        trim: (through) => opened.trim(through),
        close: () => opened.close(),
      };
    },
    close: () => log.close(),
  };
}
