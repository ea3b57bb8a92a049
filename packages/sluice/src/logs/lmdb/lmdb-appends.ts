import { SluiceError } from "../../protocol/sluice-error.ts";
import type { NewEntry, Retention } from "../log.ts";
import { type Appended, append, type Prepared, prepare } from "./lmdb-changes.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";

/** Entries appended in one transaction, about: the event loop waits for as long as it takes to hand them to LMDB. */
const MAX_APPENDED = 4_096;

/** A call of `append`. */
interface Waiting {
  readonly prepared: Prepared;
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
  #appending: Promise<void> | undefined;

  /** `onAppended` is called when entries are on disk, before those who appended them are told. */
  constructor(folder: LmdbFolder, channel: number, retain: Retention, onAppended: (appended: Appended) => void) {
    this.#folder = folder;
    this.#channel = channel;
    this.#retain = retain;
    this.#onAppended = onAppended;
  }

  add(entries: readonly NewEntry[]): Promise<readonly number[]> {
    const prepared = prepare(entries);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ prepared, resolve, reject });
      this.#appending ??= this.#appendAll();
    });
  }

  /** Resolves when all that was added is on disk, or rejected. */
  async whenIdle(): Promise<void> {
    await this.#appending;
  }

  async #appendAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#appendSome();
    this.#appending = undefined;
  }

  async #appendSome(): Promise<void> {
    const { store, writer, wake, maxBytes } = this.#folder;
    const calls: Waiting[] = [];
    const appendTaken = () => {
      this.#take(calls);
      const prepared = calls.map((call) => call.prepared);
      return append(store, this.#channel, prepared, this.#retain, maxBytes);
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
      for (const { reject } of calls.length > 0 ? calls : this.#waiting.splice(0)) reject(error);
    }
  }

  /** Takes more of those that wait, where there is room: another process was faster, and what was taken is tried again. */
  #take(calls: Waiting[]): void {
    let entries = calls.reduce((sum, { prepared }) => sum + prepared.entries.length, 0);
    let count = 0;
    while (count < this.#waiting.length && entries < MAX_APPENDED) {
      entries += this.#waiting[count++]!.prepared.entries.length;
    }
    calls.push(...this.#waiting.splice(0, count));
  }
}
