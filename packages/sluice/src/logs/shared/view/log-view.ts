import { entryBytes, type LogEntry, type TailListener } from "../../log.ts";
import { HeldBytes } from "../bounds/held-bytes.ts";
import { DeletedEpochs } from "../life/deleted-epochs.ts";
import { type Life, NO_EPOCH, type Seen } from "../life/life.ts";
import { briefEntry } from "./brief-entry.ts";

/** Ended epochs that a process remembers. */
const MAX_ENDED = 256;
/** Bytes of a channel that wait for the rest of their append at most. An append of more fits into no write anyway. */
export const MAX_WAITING_BYTES = 262_144;

/**
 * This process's view of a log that other processes append to as well. It passes each entry to the listener once and in
 * order, no matter whether the entry arrives first from an append of this process or from reading the log. Entries that
 * were appended together wait for the last of them, so that the listener receives them together.
 */
export class LogView {
  epoch: string;
  first: number;
  last: number;
  /** See {@link ChannelLog.lostAfter}. */
  lostAfter: number;
  #former: Life["former"];
  #listener: TailListener | undefined;
  /** Offset of the newest entry that the store acknowledged to this process, and that publishers here may know of. */
  #acknowledged = 0;
  /** The newest entries received. They wait for the rest of their append: see {@link LogEntry.more}. */
  #waiting: readonly LogEntry[] = [];
  /** The newest entry received that is part of the current life. */
  #newest: LogEntry | undefined;
  #waitingBytes = 0;
  /** The bytes that all channels of the log hold back. */
  readonly #held: HeldBytes;
  /** Epochs that this process has seen end, oldest first. */
  readonly #ended = new Set<string>();
  readonly #deleted = new DeletedEpochs(MAX_ENDED);

  /** `before`: what this process had seen of the channel when it closed the channel. Default: it never had it open. */
  constructor(life: Life, first: number, last: number, held: HeldBytes = new HeldBytes(), before?: Seen) {
    this.#held = held;
    this.epoch = life.epoch;
    this.lostAfter = life.lostAfter;
    this.#former = life.former;
    this.first = first;
    this.last = last;
    for (const epoch of before?.ended ?? []) this.#end(epoch);
    if (before !== undefined && before.epoch !== NO_EPOCH && before.epoch !== life.epoch) this.#end(before.epoch);
    for (const [epoch] of life.former) this.#end(epoch);
  }

  /** Offset of the newest entry received: `last`, unless entries wait for the rest of their append. */
  get received(): number {
    return this.#waiting.at(-1)?.offset ?? this.last;
  }

  /** True if entries wait for the rest of their append. */
  get isMidAppend(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * The newest entry received, a {@link briefEntry} while the process catches up: many channels may wait for their turn
   * then. `undefined` if this process received no entry of this life.
   */
  get newest(): LogEntry | undefined {
    return this.#newest;
  }

  /** See {@link ChannelLog.holds}. */
  holds(epoch: string): number | undefined {
    return this.#former.find(([earlier]) => earlier === epoch)?.[1];
  }

  /** Returns true if an epoch is the current one, or if this process has seen it end. */
  knows(epoch: string): boolean {
    return epoch === this.epoch || this.#ended.has(epoch);
  }

  /** The newest position this process has seen. If the log ends before it at the next look, entries were lost. */
  get seen(): Seen {
    const offset = Math.max(this.last, this.#acknowledged);
    return { epoch: this.epoch, offset, former: this.#former, ended: this.#ended };
  }

  /** Returns true if this process has seen the life of an epoch end because the channel was deleted. */
  wasDeleted(epoch: string): boolean {
    return this.#deleted.has(epoch);
  }

  /** Records that the current life ended because the channel was deleted. */
  markDeleted(): void {
    this.#deleted.add(this.epoch);
  }

  /** See {@link TailListener.isNeeded}. */
  get isNeeded(): boolean {
    return this.#listener?.isNeeded?.() ?? true;
  }

  /** See {@link TailListener.taken}. */
  taken(): Promise<void> | undefined {
    return this.#listener?.taken?.();
  }

  /**
   * Records that the store no longer holds what this process has seen in the current epoch, although its life still has
   * that epoch. The next look at the life then begins a new one.
   */
  distrust(): void {
    this.#end(this.epoch);
  }

  /** See {@link ChannelLog.tail}. */
  tail(listener: TailListener): () => void {
    this.#listener = listener;
    return () => {
      if (this.#listener !== listener) return;
      this.#listener = undefined;
      this.#wait([]);
    };
  }

  /**
   * Receives consecutive entries of this life, read from the log, and skips the ones already known. If the first new
   * entry does not follow `last`, the entries between were trimmed. `isBehind`: see {@link TailListener.appended}.
   */
  receive(entries: readonly LogEntry[], isBehind = false): void {
    const { received } = this;
    const firstNew = entries.findIndex(({ offset }) => offset > received);
    if (firstNew < 0) return;
    const newest = entries[entries.length - 1]!;
    this.#newest = isBehind ? briefEntry(newest) : newest;
    const added = this.#whole(firstNew === 0 ? entries : entries.slice(firstNew));
    if (added.length === 0) return;
    const next = added[0]!.offset;
    if (next > this.last + 1) this.trimmed(next);
    const last = added[added.length - 1]!.offset;
    this.#listener?.appended(added, isBehind);
    this.last = last;
  }

  /**
   * Receives entries that this process appended. If they do not follow `last`, entries of other processes come first:
   * then they are left to the reader of the log.
   */
  appended(entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    this.acknowledged(entries[entries.length - 1]!.offset);
    if (entries[0]!.offset <= this.last + 1) this.receive(entries);
  }

  /** Records that the store acknowledged an entry at this offset, appended by any process. */
  acknowledged(offset: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, offset);
  }

  /** Records that everything before `first` was trimmed. */
  trimmed(first: number): void {
    if (first <= this.first) return;
    this.first = first;
    if (first > this.last + 1) this.last = first - 1;
    if (this.#waiting.length > 0) this.#wait(this.#waiting.filter(({ offset }) => offset >= first));
    this.#listener?.trimmed(first);
  }

  /** Passes on that this process cannot receive entries any more. */
  failed(error: Error): void {
    this.#listener?.failed?.(error);
  }

  /**
   * Enters a life of the log whose ends are `first` and `last`. If the view is in that life already, it only records
   * what was trimmed.
   */
  enterLife(life: Life, first: number, last: number): void {
    if (life.epoch === this.epoch) return this.trimmed(first);
    const before = this.epoch;
    this.#end(before);
    for (const [epoch] of life.former) this.#end(epoch);
    this.epoch = life.epoch;
    this.lostAfter = life.lostAfter;
    this.#former = life.former;
    // They may be lost. The reader of the log continues after `received`, and reads them again.
    this.#wait([]);
    const kept = this.holds(before);
    if (kept === undefined || kept < this.#acknowledged) this.#acknowledged = 0;
    // If every known entry is still there, only the epoch changes. New entries arrive through `receive`, as always.
    if (kept === undefined || kept < this.last) {
      this.first = first;
      this.last = last;
      this.#newest = undefined;
    }
    this.#listener?.reset();
    this.trimmed(first);
  }

  /** Adds new entries to the waiting ones. Returns all entries whose append is whole; the rest go on waiting. */
  #whole(added: readonly LogEntry[]): readonly LogEntry[] {
    const waiting = this.#waiting;
    if (waiting.length === 0 && !added[added.length - 1]!.more) return added;
    // If entries between were trimmed, so were the waiting entries.
    const all = added[0]!.offset === this.received + 1 ? [...waiting, ...added] : added;
    const whole = all.findLastIndex(({ more }) => !more) + 1;
    if (!this.#wait(all.slice(whole))) this.#wait([]);
    return all.slice(0, all.length - this.#waiting.length);
  }

  /** Makes `entries` the waiting ones. Returns false, and changes nothing, if they have too many bytes. */
  #wait(entries: readonly LogEntry[]): boolean {
    const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
    // Nothing would let them go.
    if (bytes > 0 && this.#listener === undefined) return false;
    if (bytes > MAX_WAITING_BYTES || !this.#held.replace(this.#waitingBytes, bytes)) return false;
    this.#waiting = entries;
    this.#waitingBytes = bytes;
    return true;
  }

  #end(epoch: string): void {
    this.#ended.add(epoch);
    if (this.#ended.size <= MAX_ENDED) return;
    const [oldest] = this.#ended;
    this.#ended.delete(oldest!);
  }
}
