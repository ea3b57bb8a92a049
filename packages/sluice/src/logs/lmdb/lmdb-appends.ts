import { SluiceError } from "../../protocol/sluice-error.ts";
import type { NewEntry, Retention } from "../log.ts";
import { type Appended, append } from "./lmdb-changes.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";

/** Entries appended in one transaction, about: the event loop waits for as long as it takes to hand them to LMDB. */
const MAX_APPENDED = 1_024;

/** A call of `append`. */
interface Waiting {
  readonly entries: readonly NewEntry[];
  readonly resolve: (offsets: readonly number[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends to one channel. Calls that wait when the transaction begins go into it together: what an append costs besides its entries is
 * paid once for all of them.
 */
export class LmdbAppends {
  readonly #folder: LmdbFolder;
  readonly #channel: number;
  readonly #retain: Retention;
  readonly #onAppended: (appended: Appended) => void;
  /** Those that no transaction has taken yet. */
  readonly #waiting: Waiting[] = [];
  /** Whether a transaction is asked for that will take them. */
  #isAsked = false;
  readonly #appending = new Set<Promise<void>>();

  /** `onAppended` is called when entries are on disk, before those who appended them are told. */
  constructor(folder: LmdbFolder, channel: number, retain: Retention, onAppended: (appended: Appended) => void) {
    this.#folder = folder;
    this.#channel = channel;
    this.#retain = retain;
    this.#onAppended = onAppended;
  }

  add(entries: readonly NewEntry[]): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, resolve, reject });
      if (!this.#isAsked) this.#ask();
    });
  }

  /** Resolves when all that was added is on disk, or rejected. */
  async whenIdle(): Promise<void> {
    while (this.#appending.size > 0) await Promise.all(this.#appending);
  }

  #ask(): void {
    this.#isAsked = true;
    const appending = this.#append().finally(() => this.#appending.delete(appending));
    this.#appending.add(appending);
  }

  async #append(): Promise<void> {
    const { store, writer, wake, maxBytes } = this.#folder;
    const calls: Waiting[] = [];
    const appendTaken = () => {
      this.#take(calls);
      const asked = calls.map((call) => call.entries);
      return append(store, this.#channel, asked, this.#retain, maxBytes);
    };
    try {
      const appended = await writer.run(this.#channel, appendTaken);
      if (appended.added.length > 0) {
        wake.hint();
        this.#onAppended(appended);
      }
      for (const [i, { resolve, reject }] of calls.entries()) {
        const result = appended.results[i]!;
        if (result instanceof SluiceError) reject(result);
        else resolve(result);
      }
    } catch (error) {
      // Where the transaction was not even begun, they still wait.
      if (calls.length === 0) this.#isAsked = false;
      for (const { reject } of calls.length > 0 ? calls : this.#waiting.splice(0)) reject(error);
    }
  }

  /**
   * Takes those that wait, and when another process was faster and it is tried again, more of them, as far as there is room. The rest has
   * the next transaction.
   */
  #take(calls: Waiting[]): void {
    const isFirst = calls.length === 0;
    let entries = calls.reduce((sum, call) => sum + call.entries.length, 0);
    let count = 0;
    while (count < this.#waiting.length && entries < MAX_APPENDED) {
      entries += this.#waiting[count++]!.entries.length;
    }
    calls.push(...this.#waiting.splice(0, count));
    if (!isFirst) return;
    this.#isAsked = false;
    if (this.#waiting.length > 0) this.#ask();
  }
}
