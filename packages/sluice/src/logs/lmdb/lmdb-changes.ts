import { SluiceError } from "../../base/sluice-error.ts";
import { ENTRY_OVERHEAD_BYTES, entryBytes, type LogEntry, type NewEntry, type Retention } from "../log.ts";
import { blocksOf, type LmdbBlock } from "./lmdb-block.ts";
import { type ChannelState, type LmdbStore, MAX_GROWTH } from "./lmdb-store.ts";

// Changes of a channel: worked out from what was there when the store was renewed, and written if that is still so (`LmdbStore.change`).

/** Entries trimmed in one go at most: an append trims no more than this and twice what it adds, so that it takes its time and no more. */
const MAX_TRIMMED = 256;

/** What an entry takes in its block besides its text, about: its row, and its part of the head. */
const ROW_BYTES = 64;

export interface Appended {
  /** Of the entries of each call, in order; or why they were refused. */
  readonly results: readonly (readonly number[] | SluiceError)[];
  /** Those that were not there before. */
  readonly added: readonly LogEntry[];
  readonly state: ChannelState;
  /** Whether more is kept than the retention says. */
  readonly isOver: boolean;
}

/** Finds the block that an entry is in, or else the next one. */
type BlockAt = (offset: number) => LmdbBlock | undefined;

/** Appends the entries of each call, and trims what goes beyond the retention. What there is no room for is refused before it is written, call by call. */
export function append(
  store: LmdbStore,
  channel: number,
  calls: readonly (readonly NewEntry[])[],
  retain: Retention,
  maxBytes: number,
): Appended {
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
      const known = id === undefined ? undefined : (addedIds.get(id) ?? store.offsetOf(channel, id));
      if (known !== undefined) return known;
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
  const blocks = blocksOf(added);
  for (const block of blocks) store.putBlock(channel, block);
  // What is written here cannot be read yet.
  const blockAt: BlockAt = (offset) =>
    offset > before.last ? blocks.find((block) => block.last >= offset) : store.blockAt(channel, offset);
  const mustGo = (time: number, rest: ChannelState) => goesBeyond(time, rest, retain);
  const state = trimWhile(store, channel, appended, MAX_TRIMMED + 2 * added.length, mustGo, blockAt);
  store.setState(channel, state);
  return { results, added, state, isOver: isOver(state, retain, blockAt) };
}

/** Bytes of the file that entries may take. */
function roomFor(entries: readonly NewEntry[]): number {
  const bytes = (entry: NewEntry) =>
    entryBytes(entry) - ENTRY_OVERHEAD_BYTES + ROW_BYTES + Buffer.byteLength(entry.data) - entry.data.length;
  return entries.reduce((sum, entry) => sum + bytes(entry) * MAX_GROWTH, 0);
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
  const blockAt: BlockAt = (offset) => store.blockAt(channel, offset);
  const mustGo = (time: number, rest: ChannelState) =>
    typeof limit === "number" ? rest.first <= limit : goesBeyond(time, rest, limit);
  const state = trimWhile(store, channel, before, MAX_TRIMMED, mustGo, blockAt);
  if (state.first !== before.first) store.setState(channel, state);
  const isMore = typeof limit === "number" ? state.first <= Math.min(limit, state.last) : isOver(state, limit, blockAt);
  return { state, isOver: isMore };
}

/** Whether the retention has more to trim. */
export function isOver(state: ChannelState, retain: Retention, blockAt: BlockAt): boolean {
  if (state.first > state.last) return false;
  // Only where entries must go by their age must they be looked at.
  const time = retain.age === Number.POSITIVE_INFINITY ? 0 : blockAt(state.first)?.time;
  return time !== undefined && goesBeyond(time, state, retain);
}

function goesBeyond(time: number, { first, last, bytes }: ChannelState, retain: Retention): boolean {
  return last - first + 1 > retain.events || bytes > retain.bytes || time < Date.now() - retain.age;
}

/** Trims entries; their block goes with the last of them. `mustGo` is told when the oldest was appended, and what there is. */
function trimWhile(
  store: LmdbStore,
  channel: number,
  state: ChannelState,
  most: number,
  mustGo: (time: number, rest: ChannelState) => boolean,
  blockAt: BlockAt,
): ChannelState {
  const rest = { ...state };
  const end = Math.min(rest.last, rest.first + most - 1);
  let block: LmdbBlock | undefined;
  for (; rest.first <= end; rest.first++) {
    if (block === undefined || block.last < rest.first) block = blockAt(rest.first);
    // One that is missing is trimmed.
    if (block === undefined || block.first > rest.first) continue;
    if (!mustGo(block.time, rest)) break;
    rest.bytes -= block.bytesOf(rest.first);
    const id = block.idOf(rest.first);
    if (id !== undefined) store.removeId(channel, id);
    if (rest.first === block.last) store.removeBlock(channel, block);
  }
  return rest;
}
