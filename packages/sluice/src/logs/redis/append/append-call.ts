import type { LogEntry, NewEntry } from "../../log.ts";
import { entryText } from "../../shared/entry-text.ts";

/** One call of `append` that waits for its answer. */
export interface PendingAppend {
  readonly entries: readonly NewEntry[];
  resolve(offsets: readonly number[]): void;
  reject(error: unknown): void;
}

/** Limits of one call of the script. Redis executes nothing else while the script runs. */
const CALL_ENTRIES = 512;
const CALL_CHARS = 1_048_576;

/** The offsets of a call's appends, and the entries that Redis added. */
export interface AppendOutcome {
  /** One list of offsets for each append. */
  readonly offsets: readonly (readonly number[])[];
  readonly added: readonly LogEntry[];
}

/** One call of the append script, for one or more appends in order. */
export class AppendCall {
  readonly appends: PendingAppend[] = [];
  /**
   * The script's arguments for the entries: the text of each, and its mark. A mark has the number of entries if an
   * append of several entries begins here, and `=` with the own ID if the entry has one.
   */
  readonly args: string[] = [];
  #chars = 0;

  /** Takes appends from the front of the queue until the call is full, and at least one. */
  constructor(queue: PendingAppend[]) {
    let taken = 0;
    while (taken < queue.length && !this.#isFull) this.#add(queue[taken++]!);
    queue.splice(0, taken);
  }

  get #isFull(): boolean {
    return this.args.length >= CALL_ENTRIES * 2 || this.#chars >= CALL_CHARS;
  }

  #add(append: PendingAppend): void {
    this.appends.push(append);
    const { length } = append.entries;
    for (const [i, entry] of append.entries.entries()) {
      // The script fills in the time.
      const text = entryText(entry, 0, length - 1 - i);
      this.#chars += text.length;
      const count = i === 0 && length > 1 ? String(length) : "";
      this.args.push(text, entry.id === undefined ? count : `${count}=${entry.id}`);
    }
  }

  /**
   * Returns the outcome of the call. `before` is the log's last offset before the call, `time` the time of the entries.
   * `refused` lists the entries that the script did not append: for each, its index in this call, and the offset of its
   * own ID in the log, or 0.
   */
  outcome(before: number, time: number, refused: readonly number[]): AppendOutcome {
    const added: LogEntry[] = [];
    let index = 0;
    let pair = 0;
    const offsets = this.appends.map(({ entries }) =>
      entries.map((entry, i) => {
        if (refused[pair] === index++) return refused[(pair += 2) - 1]!;
        const offset = before + added.length + 1;
        const { type, data, json, topics, id, retry } = entry;
        const more = entries.length - 1 - i || undefined;
        added.push({ offset, time, type, data, json, topics, id, retry, more });
        return offset;
      }),
    );
    return { offsets, added };
  }
}
