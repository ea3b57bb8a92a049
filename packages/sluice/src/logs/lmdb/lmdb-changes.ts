import { SluiceError } from "../../protocol/sluice-error.ts";
import type { LogEntry, NewEntry, Retention } from "../log.ts";
import { entryRecord, recordBytes, recordId, recordTime } from "./lmdb-record.ts";
import { type ChannelState, type LmdbStore, PAGES_PER_RECORD } from "./lmdb-store.ts";

// Changes of a channel: worked out from what was there when the store was renewed, and written if that is still so (`LmdbStore.change`).

/** Entries trimmed in one go at most: an append trims no more than this and twice what it adds, so that it takes its time and no more. */
const MAX_TRIMMED = 256;

/** The entries of one call of `append`, made ready. */
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

type RecordOf = (offset: number) => Buffer | undefined;

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
  const before = store.state(channel);
  let { last, bytes } = before;
  let used = maxBytes === Number.POSITIVE_INFINITY ? 0 : store.usedBytes;
  const added: LogEntry[] = [];
  // What is written here cannot be read yet.
  const addedRecords: Buffer[] = [];
  const addedIds = new Map<string, number>();
  const results = calls.map(({ entries, records, time, needed }) => {
    if (used + needed > maxBytes) return full(used, maxBytes);
    used += needed;
    return entries.map(({ type, data, json, topics, id, retry }, i) => {
      const known = id === undefined ? undefined : (addedIds.get(id) ?? store.offsetOf(channel, id));
      if (known !== undefined) return known;
      const record = records[i]!;
      store.putRecord(channel, ++last, record);
      addedRecords.push(record);
      bytes += recordBytes(record);
      if (id !== undefined) {
        store.putId(channel, id, last);
        addedIds.set(id, last);
      }
      added.push({ offset: last, time, type, data, json, topics, id, retry });
      return last;
    });
  });
  const appended = { ...before, last, bytes };
  if (added.length === 0) return { results, added, state: appended, isOver: false };
  const recordOf: RecordOf = (offset) =>
    offset > before.last ? addedRecords[offset - before.last - 1] : store.record(channel, offset);
  const mustGo = (oldest: Buffer, rest: ChannelState) => goesBeyond(oldest, rest, retain);
  const state = trimWhile(store, channel, appended, MAX_TRIMMED + 2 * added.length, mustGo, recordOf);
  store.setState(channel, state);
  return { results, added, state, isOver: isOver(state, retain, recordOf) };
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
  const recordOf: RecordOf = (offset) => store.record(channel, offset);
  const mustGo = (oldest: Buffer, rest: ChannelState) =>
    typeof limit === "number" ? rest.first <= limit : goesBeyond(oldest, rest, limit);
  const state = trimWhile(store, channel, before, MAX_TRIMMED, mustGo, recordOf);
  if (state.first !== before.first) store.setState(channel, state);
  const isMore =
    typeof limit === "number" ? state.first <= Math.min(limit, state.last) : isOver(state, limit, recordOf);
  return { state, isOver: isMore };
}

/** Whether the retention has more to trim. */
export function isOver(state: ChannelState, retain: Retention, recordOf: RecordOf): boolean {
  const oldest = state.first <= state.last ? recordOf(state.first) : undefined;
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
  recordOf: RecordOf,
): ChannelState {
  const rest = { ...state };
  for (let i = 0; i < most && rest.first <= rest.last; i++) {
    const oldest = recordOf(rest.first);
    if (oldest !== undefined) {
      if (!mustGo(oldest, rest)) break;
      rest.bytes -= recordBytes(oldest);
      const id = recordId(oldest);
      if (id !== undefined) store.removeId(channel, id);
      store.removeRecord(channel, rest.first);
    }
    rest.first++;
  }
  return rest;
}
