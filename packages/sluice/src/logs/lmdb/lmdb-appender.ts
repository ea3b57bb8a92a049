import { ignore } from "../../base/errors/guard.ts";
import { isSluiceError } from "../../base/errors/is-sluice-error.ts";
import type { NewEntry, Retention } from "../log.ts";
import { type Appended, append as appendTo } from "./lmdb-changes.ts";
import type { LmdbChannelLife, LmdbPlace } from "./lmdb-channel-life.ts";

/** A batch with this many entries takes no more calls. The event loop stands still while a batch is handed to LMDB. */
const FULL_BATCH_ENTRIES = 4_096;

/** Calls of `append` that go into one transaction. */
class Batch {
  readonly calls: (readonly NewEntry[])[] = [];
  entries = 0;
  /** The batch of the calls before, until it is on disk or rejected. */
  before: Batch | undefined;
  /** The place in which the batch was handed to the writer last. */
  place: LmdbPlace | undefined;
  appended!: Promise<Appended>;

  constructor(before: Batch | undefined) {
    this.before = before;
  }
}

/** How to append. */
export interface AppenderOptions {
  readonly life: LmdbChannelLife;
  readonly retain: Retention;
  /** Called when entries are on disk, before the promises of their appends resolve. */
  readonly onAppended: (appended: Appended) => void;
}

/**
 * Appends to one channel in batches. All calls that wait when the transaction begins go into it together, so they share
 * what an append costs besides its entries.
 */
export class LmdbAppender {
  readonly #options: AppenderOptions;
  /** The batch that takes more calls: its transaction has not begun. */
  #open: Batch | undefined;
  #newest: Batch | undefined;
  /** The batches that are not on disk yet. */
  readonly #pending = new Set<Promise<unknown>>();

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  /** Resolves to the offsets of the entries when they are on disk. */
  append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    if (this.#open === undefined || this.#open.entries >= FULL_BATCH_ENTRIES) this.#open = this.#begin();
    const batch = this.#open;
    batch.entries += entries.length;
    const index = batch.calls.push(entries) - 1;
    return batch.appended.then(({ results }) => {
      const result = results[index]!;
      if (isSluiceError(result)) throw result;
      return result;
    });
  }

  /** Takes no more calls into the transaction that waits: what follows must come after them. */
  seal(): void {
    this.#open = undefined;
  }

  /** Resolves when every append is on disk or rejected. */
  async whenIdle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  #begin(): Batch {
    const batch = new Batch(this.#newest);
    this.#newest = batch;
    const appended = (batch.appended = this.#append(batch));
    this.#pending.add(appended);
    const done = () => {
      this.#pending.delete(appended);
      batch.before = undefined;
      if (this.#open === batch) this.#open = undefined;
      if (this.#newest === batch) this.#newest = undefined;
    };
    appended.then(done, done);
    return batch;
  }

  async #append(batch: Batch): Promise<Appended> {
    const { life, retain, onAppended } = this.#options;
    const append = async (place: LmdbPlace) => {
      const { before, calls } = batch;
      // If the writer has both for the same place, it keeps their order.
      if (before !== undefined && before.place !== place) await before.appended.catch(ignore);
      batch.place = place;
      const { channel, folder } = place;
      const { store, writer, watcher, maxBytes } = folder;
      const appended = await writer.run(channel, () => {
        // From now on, calls go into the next batch.
        if (this.#open === batch) this.#open = undefined;
        return appendTo(store, channel, { calls, retain, maxBytes });
      });
      if (appended.added.length > 0) watcher.notifyOthers();
      return appended;
    };
    const appended = await life.run(append, { isIdempotent: false });
    if (appended.added.length > 0) onAppended(appended);
    return appended;
  }
}
