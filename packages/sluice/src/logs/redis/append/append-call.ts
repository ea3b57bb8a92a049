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
  /** The script's arguments for the entries: text and own ID of each. */
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
    for (const entry of append.entries) {
      // The script fills in the time.
      const text = entryText(entry, 0);
      this.#chars += text.length;
      // The `=` distinguishes an empty ID from no ID.
      this.args.push(text, entry.id === undefined ? "" : `=${entry.id}`);
    }
  }

  /**
   * Returns the outcome of the call. `before` is the log's last offset before the call, `time` the time of the entries.
   * `known` lists the entries that the log already had, by their own ID: for each, its index in this call and its
   * offset.
   */
  outcome(before: number, time: number, known: readonly number[]): AppendOutcome {
    const added: LogEntry[] = [];
    let index = 0;
    let pair = 0;
    const offsets = this.appends.map(({ entries }) =>
      entries.map((entry) => {
        if (known[pair] === index++) return known[(pair += 2) - 1]!;
        const offset = before + added.length + 1;
        const { type, data, json, topics, id, retry } = entry;
        added.push({ offset, time, type, data, json, topics, id, retry });
        return offset;
      }),
    );
    return { offsets, added };
  }
}
