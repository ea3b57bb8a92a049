import { SluiceError } from "../../base/sluice-error.ts";
import type { NewEntry, Retention } from "../log.ts";
import { type Appended, append } from "./lmdb-changes.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";

/** Entries appended in one transaction, about: the event loop waits for as long as it takes to hand them to LMDB. */
const MAX_APPENDED = 4_096;

/** Calls of `append` that go into one transaction. */
interface Batch {
  readonly calls: (readonly NewEntry[])[];
  entries: number;
  readonly appended: Promise<Appended>;
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
  /** The one that takes more calls: its transaction has not begun. */
  #open: Batch | undefined;
  /** Those that are not on disk yet. */
  readonly #batches = new Set<Promise<unknown>>();

  /** `onAppended` is called when entries are on disk, before those who appended them are told. */
  constructor(folder: LmdbFolder, channel: number, retain: Retention, onAppended: (appended: Appended) => void) {
    this.#folder = folder;
    this.#channel = channel;
    this.#retain = retain;
    this.#onAppended = onAppended;
  }

  add(entries: readonly NewEntry[]): Promise<readonly number[]> {
    if (this.#open === undefined || this.#open.entries >= MAX_APPENDED) this.#open = this.#begin();
    const batch = this.#open;
    batch.entries += entries.length;
    const place = batch.calls.push(entries) - 1;
    return batch.appended.then(({ results }) => {
      const result = results[place]!;
      if (result instanceof SluiceError) throw result;
      return result;
    });
  }

  /** Resolves when all that was added is on disk, or rejected. */
  async whenIdle(): Promise<void> {
    while (this.#batches.size > 0) await Promise.allSettled(this.#batches);
  }

  #begin(): Batch {
    const calls: (readonly NewEntry[])[] = [];
    const batch: Batch = { calls, entries: 0, appended: this.#append(calls) };
    const { appended } = batch;
    this.#batches.add(appended);
    const done = () => {
      this.#batches.delete(appended);
      if (this.#open === batch) this.#open = undefined;
    };
    appended.then(done, done);
    return batch;
  }

  async #append(calls: readonly (readonly NewEntry[])[]): Promise<Appended> {
    const { store, writer, wake, maxBytes } = this.#folder;
    const appended = await writer.run(this.#channel, () => {
      // Whoever comes now has the next one.
      if (this.#open?.calls === calls) this.#open = undefined;
      return append(store, this.#channel, calls, this.#retain, maxBytes);
    });
    if (appended.added.length > 0) {
      wake.hint();
      this.#onAppended(appended);
    }
    return appended;
  }
}
