import type { LogEntry, NewEntry } from "../../log.ts";
import { entryText } from "../../shared/entry-text.ts";

/** One call of `append` that waits for its answer. */
export interface Append {
  readonly entries: readonly NewEntry[];
  resolve(offsets: readonly number[]): void;
  reject(error: unknown): void;
}

/** A call of the script takes no more once it has so many entries, or so many characters: Redis does nothing else meanwhile. */
const CALL_ENTRIES = 512;
const CALL_CHARS = 1_048_576;

/** Appends that go in one call of the script, in order. */
export class AppendCall {
  readonly appends: Append[] = [];
  /** The script's arguments for the entries: text and own ID of each. */
  readonly args: string[] = [];
  readonly #time = Date.now();
  #chars = 0;

  /** Takes from the front of the queue what fits, at least one. */
  constructor(queue: Append[]) {
    let taken = 0;
    while (taken < queue.length && !this.#isFull) this.#add(queue[taken++]!);
    queue.splice(0, taken);
  }

  get #isFull(): boolean {
    return this.args.length >= CALL_ENTRIES * 2 || this.#chars >= CALL_CHARS;
  }

  #add(append: Append): void {
    this.appends.push(append);
    for (const entry of append.entries) {
      const text = entryText(entry, this.#time);
      this.#chars += text.length;
      // With a mark in front, so that there is no ID that could be taken for none.
      this.args.push(text, entry.id === undefined ? "" : `=${entry.id}`);
    }
  }

  /**
   * What became of the entries: the offsets for each append, and the entries that were added. `before` is the offset before the first of these;
   * `known` are pairs of an entry's number and the offset that it has had for longer.
   */
  outcome(before: number, known: readonly number[]): { offsets: number[][]; added: LogEntry[] } {
    const added: LogEntry[] = [];
    let number = 0;
    let pair = 0;
    const offsets = this.appends.map(({ entries }) =>
      entries.map((entry) => {
        if (known[pair] === number++) return known[(pair += 2) - 1]!;
        const offset = before + added.length + 1;
        const { type, data, json, topics, id, retry } = entry;
        added.push({ offset, time: this.#time, type, data, json, topics, id, retry });
        return offset;
      }),
    );
    return { offsets, added };
  }
}
