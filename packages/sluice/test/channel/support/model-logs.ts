import type { ChannelLog, Log, NewEntry } from "../../../src/logs/log.ts";
import { MemoryChannelLog } from "../../../src/logs/memory/memory-channel-log.ts";
import { turns } from "../../support/turns.ts";
import { ForgetfulLog } from "./forgetful-log.ts";
import { ForgetfulStore } from "./forgetful-store.ts";
import { LogHistory } from "./log-history.ts";
import { Wire } from "./wire.ts";

/** A log under test, and the history that the model compares with. */
export interface ModelLog {
  readonly log: Log;
  readonly history: LogHistory;
  /** The channel's log, once it is open. */
  readonly channelLog: ChannelLog;
  /** The store, if other processes share it. */
  readonly store: ForgetfulStore | undefined;
  /** Called with each entry that this process publishes. */
  published(entry: NewEntry): void;
}

/** Makes a memory log, wrapped by `wrap`. */
export function memoryModelLog(retainedEvents: number, wrap: (log: Log) => Log = (log) => log): ModelLog {
  const retain = { events: retainedEvents, bytes: Number.POSITIVE_INFINITY, age: Number.POSITIVE_INFINITY };
  const channelLog = new MemoryChannelLog(retain);
  const log: Log = { shared: false, open: () => channelLog, close: () => channelLog.close() };
  const history = new LogHistory();
  const entries: NewEntry[] = [];
  history.eras.push({
    epoch: channelLog.epoch,
    entries,
    get first() {
      return channelLog.first;
    },
    kept: undefined,
  });
  return { log: wrap(log), history, channelLog, store: undefined, published: (entry) => void entries.push(entry) };
}

/** Makes a log on a store that other processes share and that loses entries. `seed` decides all delays. */
export function forgetfulModelLog(retainedEvents: number, seed: number): ModelLog {
  const store = new ForgetfulStore(retainedEvents);
  let opened: ForgetfulLog;
  const log: Log = {
    shared: true,
    open: async () => (opened = await ForgetfulLog.open(store, new Wire(seed))),
    close: async () => undefined,
  };
  return {
    log,
    history: store.history,
    get channelLog() {
      return opened;
    },
    store,
    published: () => undefined,
  };
}

/** Wraps a log so that it answers after some event-loop turns, like a log on the network. */
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
        delete: () => opened.delete(),
        wasDeleted: (epoch) => opened.wasDeleted?.(epoch) ?? false,
        close: () => opened.close(),
      };
    },
    close: () => log.close(),
  };
}
