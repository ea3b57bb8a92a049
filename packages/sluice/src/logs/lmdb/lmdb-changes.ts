import { SluiceError } from "../../base/sluice-error.ts";
import { ENTRY_OVERHEAD_BYTES, entryBytes, type LogEntry, type NewEntry, type Retention } from "../log.ts";
import { type LmdbBlock, toBlocks } from "./store/block.ts";
import { type ChannelState, type LmdbStore, MAX_GROWTH } from "./store/lmdb-store.ts";

// Changes of a channel. They are prepared from a snapshot, and written if the channel is still unchanged
// (`LmdbStore.change`).

/** Most entries one change trims, besides two for each entry it appends. So an append takes a bounded time. */
const MAX_TRIMMED = 256;

/** Bytes an entry takes in its block besides its text, estimated: its row, and its part of the head. */
const ROW_BYTES = 64;

/** The entries to append, and the limits to keep to. */
export interface AppendRequest {
  /** The entries of each call of `append`. */
  readonly calls: readonly (readonly NewEntry[])[];
  readonly retain: Retention;
  /** See {@link LmdbLogOptions.mapSize}. */
  readonly maxBytes: number;
}

/** The result of an append. */
export interface Appended {
  /** For each call the offsets of its entries, or the error if it was refused. */
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
 * Appends the entries of each call, and trims the channel to its retention. If there is no room for the entries of a
 * call, that call alone is refused, before anything of it is written.
 */
export function append(store: LmdbStore, channel: number, { calls, retain, maxBytes }: AppendRequest): Appended {
  const before = store.state(channel);
  const time = Date.now();
  let { last, bytes } = before;
  let used = maxBytes === Number.POSITIVE_INFINITY ? 0 : store.usedBytes;
  const added: LogEntry[] = [];
  const addedIds = new Map<string, number>();
  const results = calls.map((entries) => {
    if (maxBytes !== Number.POSITIVE_INFINITY) {
      const needed = roomFor(entries);
      if (used + needed > maxBytes) return full(used, maxBytes);
      used += needed;
    }
    return entries.map(({ type, data, json, topics, id, retry }) => {
      const existing = id === undefined ? undefined : (addedIds.get(id) ?? store.offsetOf(channel, id));
      if (existing !== undefined) return existing;
      const entry: LogEntry = { offset: ++last, time, type, data, json, topics, id, retry };
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
    most: MAX_TRIMMED + 2 * added.length,
    mustGo: (time, rest) => exceeds(rest, time, retain),
    blockAt,
  });
  store.setState(channel, state);
  return { results, added, state, isOver: isOver(state, retain, blockAt) };
}

/** Returns the most bytes of the file that entries can take. */
function roomFor(entries: readonly NewEntry[]): number {
  const bytes = (entry: NewEntry) =>
    entryBytes(entry) - ENTRY_OVERHEAD_BYTES + ROW_BYTES + Buffer.byteLength(entry.data) - entry.data.length;
  return entries.reduce((sum, entry) => sum + bytes(entry) * MAX_GROWTH, 0);
}

/**
 * Sluice enforces `mapSize` itself: lmdb lets the file grow as long as the disk has room. Trimming stays allowed, and
 * makes room.
 */
function full(used: number, maxBytes: number): SluiceError {
  const message =
    `The log is full: ${used} of the ${maxBytes} bytes that its \`mapSize\` allows are in use. ` +
    "Keep less (`retain`), or allow more.";
  return new SluiceError("LOG_FAILED", message);
}

/**
 * Trims a channel to its retention, or through an offset. Trims only a part if there is much: then `isOver` is true.
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
    most: MAX_TRIMMED,
    mustGo: (time, rest) => (typeof limit === "number" ? rest.first <= limit : exceeds(rest, time, limit)),
    blockAt,
  });
  if (state.first !== before.first) store.setState(channel, state);
  const isMore = typeof limit === "number" ? state.first <= Math.min(limit, state.last) : isOver(state, limit, blockAt);
  return { state, isOver: isMore };
}

/** Returns true if a channel keeps more than the retention allows. */
export function isOver(state: ChannelState, retain: Retention, blockAt: BlockAt): boolean {
  if (state.first > state.last) return false;
  // The block is read only if there is a limit of age.
  const time = retain.age === Number.POSITIVE_INFINITY ? 0 : blockAt(state.first)?.time;
  return time !== undefined && exceeds(state, time, retain);
}

/** Returns true if a channel whose oldest entry is of `time` exceeds the retention. */
function exceeds({ first, last, bytes }: ChannelState, time: number, retain: Retention): boolean {
  return last - first + 1 > retain.events || bytes > retain.bytes || time < Date.now() - retain.age;
}

/** How to trim. */
interface Trim {
  readonly state: ChannelState;
  /** Most entries to trim. */
  readonly most: number;
  /** Returns true if the oldest entry of `rest`, appended at `time`, must be trimmed. */
  readonly mustGo: (time: number, rest: ChannelState) => boolean;
  readonly blockAt: BlockAt;
}

/** Trims the oldest entries while `mustGo` returns true. A block is removed with the last of its entries. */
function trimWhile(store: LmdbStore, channel: number, { state, most, mustGo, blockAt }: Trim): ChannelState {
  const rest = { ...state };
  const end = Math.min(rest.last, rest.first + most - 1);
  let block: LmdbBlock | undefined;
  for (; rest.first <= end; rest.first++) {
    if (block === undefined || block.last < rest.first) block = blockAt(rest.first);
    // A missing entry counts as trimmed.
    if (block === undefined || block.first > rest.first) continue;
    if (!mustGo(block.time, rest)) break;
    rest.bytes -= block.bytesOf(rest.first);
    const id = block.idOf(rest.first);
    if (id !== undefined) store.removeId(channel, id);
    if (rest.first === block.last) store.removeBlock(channel, block);
  }
  return rest;
}
