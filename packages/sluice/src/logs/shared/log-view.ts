import type { LogEntry, TailListener } from "../log.ts";
import type { Life, Seen } from "./life.ts";

/**
 * What this process knows of a log that others append to as well, and tells its listener: always in order, each entry once,
 * whoever brings it first: the one who appended it, or the one who follows the log.
 */
export class LogView {
  epoch: string;
  first: number;
  last: number;
  /** See {@link ChannelLog.lostAfter}. */
  lostAfter: number;
  #former: Life["former"];
  #listener: TailListener | undefined;
  /** The newest entry that this process was told of, and may have told others of. */
  #acknowledged = 0;

  constructor(life: Life, first: number, last: number) {
    this.epoch = life.epoch;
    this.lostAfter = life.lostAfter;
    this.#former = life.former;
    this.first = first;
    this.last = last;
  }

  holds(epoch: string): number | undefined {
    return this.#former.find(([earlier]) => earlier === epoch)?.[1];
  }

  /** How far this process has seen this life: that far the log must still be when it is looked at next. */
  get seen(): Seen {
    return { epoch: this.epoch, offset: Math.max(this.last, this.#acknowledged), former: this.#former };
  }

  tail(listener: TailListener): () => void {
    this.#listener = listener;
    return () => {
      if (this.#listener === listener) this.#listener = undefined;
    };
  }

  /**
   * Entries in order, of this life, next to each other, read from the log: those already known are left out. One that does not follow the
   * last one known says that those between were trimmed.
   */
  read(entries: readonly LogEntry[]): void {
    const known = entries.findIndex(({ offset }) => offset > this.last);
    if (known < 0) return;
    const added = known === 0 ? entries : entries.slice(known);
    const next = added[0]!.offset;
    if (next > this.last + 1) this.trimmed(next);
    const last = added[added.length - 1]!.offset;
    this.#listener?.appended(added);
    this.last = last;
  }

  /** Entries that this process appended itself: told at once if they are the next ones, else left to whoever follows the log. */
  appended(entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    this.acknowledged(entries[entries.length - 1]!.offset);
    if (entries[0]!.offset <= this.last + 1) this.read(entries);
  }

  /** The log has an entry at this offset, whoever appended it: somebody was told so. */
  acknowledged(offset: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, offset);
  }

  /** Everything before `first` is gone. */
  trimmed(first: number): void {
    if (first <= this.first) return;
    this.first = first;
    if (first > this.last + 1) this.last = first - 1;
    this.#listener?.trimmed(first);
  }

  /** The log is in this life now, in which `first` and `last` are its ends. What was known of the same life stays. */
  lives(life: Life, first: number, last: number): void {
    if (life.epoch === this.epoch) return this.trimmed(first);
    const before = this.epoch;
    this.epoch = life.epoch;
    this.lostAfter = life.lostAfter;
    this.#former = life.former;
    const kept = this.holds(before);
    if (kept === undefined || kept < this.#acknowledged) this.#acknowledged = 0;
    // Where all that is known is still there, nothing changes but the name; what is new is read like anything else.
    if (kept === undefined || kept < this.last) {
      this.first = first;
      this.last = last;
    }
    this.#listener?.reset();
    this.trimmed(first);
  }
}
