import type { Entries, Entry } from "./message.ts";

/** Limit for the data of the recent entries, in UTF-16 code units. The newest entry is kept in any case. */
const LIMIT = 4 * 1024 * 1024;
/** Weight of an entry besides its data. */
const ENTRY_WEIGHT = 100;

/** The newest entries of the shared stream, as far as one tab has received them, numbered from 1. */
export interface RecentEntries {
  /** Numbers of the oldest kept entry, and of the next one. */
  readonly first: number;
  readonly next: number;
  /** The position after the newest entry. */
  readonly last: string;
  /** True if one of the entries so far was an event. */
  readonly hasEvents: boolean;
  add(entry: Entry): void;
  /** Drops the oldest entries beyond the limit. */
  trim(): void;
  /** Returns true if more than half of the space is taken, most of it by entries from a number on. */
  isFilledFrom(number: number): boolean;
  get(number: number): Entry;
  /** Returns the number of the entry that follows a position; `NaN` if the position is unknown. */
  after(lastEventId: string): number;
  /** Returns true if events without IDs follow the position, so that no connection can resume after them. */
  isUnclear(lastEventId: string): boolean;
  /** Returns the entries after a position. */
  entriesAfter(lastEventId: string): Entries;
}

/** Creates the list of the entries after a position. `isUnclear`: events without IDs may have followed it. */
export function recentEntries(start: string, isUnclear?: boolean): RecentEntries {
  const entries = new Map<number, Entry>();
  const numbers = new Map([[start, isUnclear ? Number.NaN : 0]]);
  /** The position before the oldest kept entry. */
  let base = start;
  let weight = 0;
  const weightOf = ({ data }: Entry) => ENTRY_WEIGHT + (data?.length ?? 0);

  const recent = {
    first: 1,
    next: 1,
    last: start,
    hasEvents: false,
    add(entry: Entry) {
      const { type, lastEventId } = entry;
      recent.hasEvents ||= !!type;
      weight += weightOf(entry);
      entries.set(recent.next, entry);
      // An event without an ID of its own has the position of the entry before it.
      numbers.set(lastEventId, type && lastEventId === recent.last ? Number.NaN : recent.next);
      recent.last = lastEventId;
      recent.next++;
    },
    trim() {
      for (; weight > LIMIT && recent.first < recent.next - 1; recent.first++) {
        const oldest = recent.get(recent.first);
        entries.delete(recent.first);
        if (!(numbers.get(base)! >= recent.first)) numbers.delete(base);
        base = oldest.lastEventId;
        weight -= weightOf(oldest);
      }
    },
    isFilledFrom: (number: number) => 2 * weight > LIMIT && 2 * number < recent.first + recent.next,
    get: (number: number) => entries.get(number)!,
    after: (lastEventId: string) =>
      // A stream that begins without a position begins at different events, depending on when it does.
      lastEventId || !recent.hasEvents ? numbers.get(lastEventId)! + 1 : Number.NaN,
    isUnclear: (lastEventId: string) => Number.isNaN(numbers.get(lastEventId)),
    entriesAfter(id: string) {
      const number = recent.after(id);
      return number
        ? { id, e: [...entries.values()].slice(number - recent.first) }
        : { id: recent.last, e: [], u: true, n: recent.isUnclear(recent.last) };
    },
  };
  return recent;
}
