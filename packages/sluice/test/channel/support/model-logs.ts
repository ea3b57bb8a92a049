import type { ChannelLog, Log, NewEntry } from "../../../src/logs/log.ts";
import type { MemoryChannelLog } from "../../../src/logs/memory/memory-channel-log.ts";
import { MemoryStore } from "../../../src/logs/memory/memory-store.ts";
import { closedError } from "../../../src/logs/shared/failures/closed-error.ts";
import { turns } from "../../support/turns.ts";
import { ForgetfulLog } from "./forgetful-log.ts";
import { ForgetfulStore } from "./forgetful-store.ts";
import { type Era, LogHistory } from "./log-history.ts";
import { Wire } from "./wire.ts";

/** A log under test, and the history that the model compares with. */
export interface ModelLog {
  readonly log: Log;
  readonly history: LogHistory;
  /** The channel's log, once it is open. */
  readonly channelLog: ChannelLog;
  /** The store, if other processes share it. */
  readonly store: ForgetfulStore | undefined;
}

/** A life of a memory log. */
interface MemoryEra extends Era {
  readonly entries: NewEntry[];
}

/** Makes a memory log, wrapped by `wrap`. */
export function memoryModelLog(retainedEvents: number, wrap: (log: Log) => Log = (log) => log): ModelLog {
  const retain = { events: retainedEvents, bytes: Number.POSITIVE_INFINITY, age: Number.POSITIVE_INFINITY };
  const store = new MemoryStore();
  const history = new LogHistory();
  let channelLog: MemoryChannelLog;
  const begin = () => {
    const { epoch } = channelLog;
    const entries: NewEntry[] = [];
    const era: MemoryEra = {
      epoch,
      entries,
      kept: undefined,
      get first() {
        return channelLog.epoch === epoch ? channelLog.first : entries.length + 1;
      },
    };
    history.eras.push(era);
  };
  const now = () => history.eras[history.now] as MemoryEra;
  /** Records what is done to the log, at the moment at which it is done. */
  const recorded = (opened: MemoryChannelLog): ChannelLog =>
    new Proxy(opened, {
      get(target, property) {
        if (property === "append")
          return (entries: readonly NewEntry[]) => {
            now().entries.push(...entries);
            return target.append(entries);
          };
        if (property === "delete")
          return () => {
            now().isDeleted = true;
            const deleted = target.delete();
            begin();
            return deleted;
          };
        const value = Reflect.get(target, property, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  const log: Log = {
    shared: false,
    open(name) {
      channelLog = store.open(name, retain);
      if (history.eras.length === 0) begin();
      return recorded(channelLog);
    },
    close: () => store.close(),
  };
  return {
    log: wrap(log),
    history,
    get channelLog() {
      return channelLog;
    },
    store: undefined,
  };
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
  };
}

/** Wraps a log so that it answers after some event-loop turns, like a log on the network, and not once it is closed. */
export function slowly(log: Log): Log {
  let delays = 0;
  return {
    shared: false,
    async open(name, options) {
      const opened = await log.open(name, options);
      await turns(1);
      let isClosed = false;
      const later = async <T>(value: T | Promise<T>): Promise<T> => {
        await turns(delays++ % 3);
        if (isClosed) throw closedError();
        return value;
      };
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
        close() {
          isClosed = true;
          return opened.close();
        },
      };
    },
    close: () => log.close(),
  };
}
