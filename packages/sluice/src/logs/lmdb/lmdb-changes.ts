import { SluiceError } from "../../base/errors/sluice-error.ts";
import { ENTRY_OVERHEAD_BYTES, entryBytes, type LogEntry, type NewEntry, type Retention } from "../log.ts";
import { ChannelDeleted } from "./channel-deleted.ts";
import { type LmdbBlock, toBlocks } from "./store/block.ts";
import type { ChannelState } from "./store/channel-state.ts";
import { type LmdbStore, MAX_GROWTH } from "./store/lmdb-store.ts";

// Prepares changes of a channel from a snapshot. `LmdbStore.change` writes them if the channel is still unchanged.

/** A change trims at most this many entries, plus two for each entry that it appends. So it takes a bounded time. */
const MAX_TRIMMED = 256;

/** Estimated bytes of an entry in its block besides its text: its row, and its part of the head. */
const ROW_BYTES = 64;

/** The entries to append, and the limits of the log. */
export interface AppendRequest {
  /** The entries of each call of `append`. */
  readonly calls: readonly (readonly NewEntry[])[];
  readonly retain: Retention;
  /** See {@link LmdbLogOptions.mapSize}. */
  readonly maxBytes: number;
}

/** The result of an append. */
export interface Appended {
  /** For each call: its offsets ({@link ChannelLog.append}), or the error if there was no room for its entries. */
  readonly results: readonly (readonly number[] | SluiceError)[];
  /** The entries that were not in the log before. */
  readonly added: readonly LogEntry[];
  readonly state: ChannelState;
  /** True if the log still keeps more than the retention allows. */
  readonly isOver: boolean;
}

/** Finds the block that contains an entry, or else the next block. */
type BlockAt = (offset: number) => LmdbBlock | undefined;

/**
 * Appends the entries of each call, all or none, and trims the channel to its retention. A call whose entries do not
 * fit into the file fails alone.
 */
export function append(store: LmdbStore, channel: number, { calls, retain, maxBytes }: AppendRequest): Appended {
  if (!store.hasChannel(channel)) throw new ChannelDeleted();
  const before = store.state(channel);
  const time = Date.now();
  let { last, bytes } = before;
  let used = maxBytes === Number.POSITIVE_INFINITY ? 0 : store.usedBytes;
  const added: LogEntry[] = [];
  const addedIds = new Map<string, number>();
  const offsetOf = (id: string) => addedIds.get(id) ?? store.offsetOf(channel, id) ?? 0;
  const results = calls.map((entries) => {
    const held = entries.map(({ id }) => (id === undefined ? 0 : offsetOf(id)));
    if (held.some((offset) => offset > 0)) return held;
    if (maxBytes !== Number.POSITIVE_INFINITY) {
      const needed = roomFor(entries);
      if (used + needed > maxBytes) return full(used, maxBytes);
      used += needed;
    }
    let more = entries.length;
    return entries.map(({ type, data, json, topics, id, retry }) => {
      const entry: LogEntry = { offset: ++last, time, type, data, json, topics, id, retry, more: --more || undefined };
      added.push(entry);
      bytes += entryBytes(entry);
      if (id !== undefined) {
        store.putId(channel, id, last);
        addedIds.set(id, last);
      }
      return last;
    });
  });
  const appended = { ...before, last, bytes };
  if (added.length === 0) return { results, added, state: appended, isOver: false };
  const blocks = toBlocks(added);
  for (const block of blocks) store.putBlock(channel, block);
  // The snapshot does not have the new blocks.
  const blockAt: BlockAt = (offset) =>
    offset > before.last ? blocks.find((block) => block.last >= offset) : store.blockAt(channel, offset);
  const state = trimWhile(store, channel, {
    state: appended,
    max: MAX_TRIMMED + 2 * added.length,
    mustTrim: (time, rest) => exceeds(rest, time, retain),
    blockAt,
  });
  store.setState(channel, state);
  return { results, added, state, isOver: isOver(state, retain, blockAt) };
}

/** Returns the maximum number of bytes that entries can take in the file. */
function roomFor(entries: readonly NewEntry[]): number {
  const bytes = (entry: NewEntry) => entryBytes(entry) - ENTRY_OVERHEAD_BYTES + ROW_BYTES;
  return entries.reduce((sum, entry) => sum + bytes(entry) * MAX_GROWTH, 0);
}

/**
 * Returns the error of an append beyond `mapSize`. Sluice enforces this limit itself, because lmdb lets the file grow
 * as long as the disk has room. Trimming stays allowed, and makes room.
 */
function full(used: number, maxBytes: number): SluiceError {
  const message =
    `The log is full: ${used} of the ${maxBytes} bytes that its \`mapSize\` allows are in use. ` +
    "Keep less (`retain`), or allow more.";
  return new SluiceError("LOG_FAILED", message);
}

/**
 * Trims a channel to its retention, or through an offset. If there is too much for one change, trims a part of it and
 * returns `isOver: true`.
 */
export function trim(
  store: LmdbStore,
  channel: number,
  limit: Retention | number,
): { state: ChannelState; isOver: boolean } {
  const before = store.state(channel);
  const blockAt: BlockAt = (offset) => store.blockAt(channel, offset);
  const state = trimWhile(store, channel, {
    state: before,
    max: MAX_TRIMMED,
    mustTrim: (time, rest) => (typeof limit === "number" ? rest.first <= limit : exceeds(rest, time, limit)),
    blockAt,
  });
  if (state.first !== before.first) store.setState(channel, state);
  const isMore = typeof limit === "number" ? state.first <= Math.min(limit, state.last) : isOver(state, limit, blockAt);
  return { state, isOver: isMore };
}

/** Returns true if a channel keeps more than the retention allows. */
export function isOver(state: ChannelState, retain: Retention, blockAt: BlockAt): boolean {
  if (state.first > state.last) return false;
  // Read the block only if the retention limits the age.
  const time = retain.age === Number.POSITIVE_INFINITY ? 0 : blockAt(state.first)?.time;
  return time !== undefined && exceeds(state, time, retain);
}

/** Returns true if a channel whose oldest entry was appended at `time` exceeds the retention. */
function exceeds({ first, last, bytes }: ChannelState, time: number, retain: Retention): boolean {
  return last - first + 1 > retain.events || bytes > retain.bytes || time < Date.now() - retain.age;
}

/** How to trim. */
interface Trim {
  readonly state: ChannelState;
  /** Maximum number of entries to trim. */
  readonly max: number;
  /** Returns true if the oldest entry of `rest`, appended at `time`, must be trimmed. */
  readonly mustTrim: (time: number, rest: ChannelState) => boolean;
  readonly blockAt: BlockAt;
}

/** Trims the oldest entries while `mustTrim` returns true. A block is removed with the last of its entries. */
function trimWhile(store: LmdbStore, channel: number, { state, max, mustTrim, blockAt }: Trim): ChannelState {
  const rest = { ...state };
  const end = Math.min(rest.last, rest.first + max - 1);
  let block: LmdbBlock | undefined;
  for (; rest.first <= end; rest.first++) {
    if (block === undefined || block.last < rest.first) block = blockAt(rest.first);
    // A missing entry counts as trimmed.
    if (block === undefined || block.first > rest.first) continue;
    if (!mustTrim(block.time, rest)) break;
    rest.bytes -= block.bytesOf(rest.first);
    const id = block.idOf(rest.first);
    if (id !== undefined) store.removeId(channel, id);
    if (rest.first === block.last) store.removeBlock(channel, block);
  }
  return rest;
}
