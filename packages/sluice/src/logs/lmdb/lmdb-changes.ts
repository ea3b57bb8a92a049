import { SluiceError } from "../../protocol/sluice-error.ts";
import type { LogEntry, NewEntry, Retention } from "../log.ts";
import { entryRecord, recordBytes, recordId, recordTime } from "./lmdb-record.ts";
import type { ChannelState, LmdbStore } from "./lmdb-store.ts";

// What is done inside a write transaction.

/** Entries trimmed in one go at most: an append trims no more than this and twice what it adds, so that it takes its time and no more. */
const MAX_TRIMMED = 256;

/** The entries of one call of `append`, made ready outside the transaction. */
export interface Prepared {
  readonly entries: readonly NewEntry[];
  readonly records: readonly Buffer[];
  readonly time: number;
  /** Bytes of the file that they may take. */
  readonly needed: number;
}

export interface Appended {
  /** Of the entries of each call, in order; or why they were refused. */
  readonly results: readonly (readonly number[] | SluiceError)[];
  /** Those that were not there before. */
  readonly added: readonly LogEntry[];
  readonly state: ChannelState;
  /** Whether more is kept than the retention says. */
  readonly isOver: boolean;
}

/** A record in a tree of pages takes up to twice its size, since pages are half full at worst. */
const PAGES_PER_RECORD = 2;

export function prepare(entries: readonly NewEntry[]): Prepared {
  const time = Date.now();
  const records = entries.map((entry) => entryRecord(entry, time));
  const needed = records.reduce((sum, { length }) => sum + length * PAGES_PER_RECORD, 0);
  return { entries, records, time, needed };
}

/** Appends, and trims what goes beyond the retention. What there is no room for is refused before it is written, call by call. */
export function append(
  store: LmdbStore,
  channel: number,
  calls: readonly Prepared[],
  retain: Retention,
  maxBytes: number,
): Appended {
  let { first, last, bytes, lives } = store.state(channel);
  let used = maxBytes === Number.POSITIVE_INFINITY ? 0 : store.usedBytes;
  const added: LogEntry[] = [];
  const results = calls.map(({ entries, records, time, needed }) => {
    if (used + needed > maxBytes) return full(used, maxBytes);
    used += needed;
    return entries.map(({ type, data, json, topics, id, retry }, i) => {
      const known = id === undefined ? undefined : store.offsetOf(channel, id);
      if (known !== undefined) return known;
      store.putRecord(channel, ++last, records[i]!);
      bytes += recordBytes(records[i]!);
      if (id !== undefined) store.putId(channel, id, last);
      added.push({ offset: last, time, type, data, json, topics, id, retry });
      return last;
    });
  });
  const appended = { first, last, bytes, lives };
  if (added.length === 0) return { results, added, state: appended, isOver: false };
  const state = trimToRetention(store, channel, appended, retain, MAX_TRIMMED + 2 * added.length);
  store.setState(channel, state);
  return { results, added, state, isOver: isOver(store, channel, state, retain) };
}

/** A limit of our own: the file of lmdb grows for as long as the disk has room. Trimming is always allowed, and makes room. */
function full(used: number, maxBytes: number): SluiceError {
  const message = `The log is full: its \`mapSize\` is ${maxBytes} bytes, ${used} of them are in use. Keep less (\`retain\`), or allow more.`;
  return new SluiceError("LOG_FAILED", message);
}

/** Trims what goes beyond the retention, or everything through an offset; a part of it where it is much. */
export function trim(
  store: LmdbStore,
  channel: number,
  limit: Retention | number,
): { state: ChannelState; isOver: boolean } {
  const before = store.state(channel);
  const state =
    typeof limit === "number"
      ? trimWhile(store, channel, before, MAX_TRIMMED, (_record, { first }) => first <= limit)
      : trimToRetention(store, channel, before, limit, MAX_TRIMMED);
  if (state.first !== before.first) store.setState(channel, state);
  const rest =
    typeof limit === "number" ? state.first <= Math.min(limit, state.last) : isOver(store, channel, state, limit);
  return { state, isOver: rest };
}

function trimToRetention(
  store: LmdbStore,
  channel: number,
  state: ChannelState,
  retain: Retention,
  most: number,
): ChannelState {
  return trimWhile(store, channel, state, most, (record, rest) => goesBeyond(record, rest, retain));
}

/** Whether the retention has more to trim. */
export function isOver(store: LmdbStore, channel: number, state: ChannelState, retain: Retention): boolean {
  const oldest = state.first <= state.last ? store.record(channel, state.first) : undefined;
  return oldest !== undefined && goesBeyond(oldest, state, retain);
}

function goesBeyond(oldest: Buffer, { first, last, bytes }: ChannelState, retain: Retention): boolean {
  return last - first + 1 > retain.events || bytes > retain.bytes || recordTime(oldest) < Date.now() - retain.age;
}

function trimWhile(
  store: LmdbStore,
  channel: number,
  state: ChannelState,
  most: number,
  mustGo: (oldest: Buffer, rest: ChannelState) => boolean,
): ChannelState {
  let rest = state;
  for (let i = 0; i < most && rest.first <= rest.last; i++) {
    const oldest = store.record(channel, rest.first);
    if (oldest !== undefined) {
      if (!mustGo(oldest, rest)) break;
      const id = recordId(oldest);
      const bytes = rest.bytes - recordBytes(oldest);
      if (id !== undefined) store.removeId(channel, id);
      store.removeRecord(channel, rest.first);
      rest = { ...rest, bytes };
    }
    rest = { ...rest, first: rest.first + 1 };
  }
  return rest;
}
