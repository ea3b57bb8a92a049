import { quietTimeout, type Timer } from "../../../base/time/timers.ts";

/** Longest time for which a log that catches up waits for readers, in ms. A slower reader reads alone. */
const PATIENCE_MS = 100;

/**
 * The readers that had every event before the newest flush and have not taken that flush yet: subscribers whose
 * socket is full, and iterations that handle its events. While a log catches up, it waits for them before it reads on.
 * So it reads each entry once, and holds few at a time.
 */
export class CloseReaders {
  readonly #readers = new Set<object>();
  #taken: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #timer: Timer | undefined;
  /** True while the log catches up. Else no reader is recorded. */
  isCounting = false;

  get size(): number {
    return this.#readers.size;
  }

  /** Records that a reader has to take a flush. */
  add(reader: object): void {
    if (this.isCounting) this.#readers.add(reader);
  }

  /** Records that a reader has taken everything, or left. */
  delete(reader: object): void {
    if (this.#readers.delete(reader) && this.#readers.size === 0) this.#settle();
  }

  /** Resolves when all readers have taken the flush, or after {@link PATIENCE_MS}. `undefined`: there are none. */
  taken(): Promise<void> | undefined {
    if (this.#readers.size === 0) return undefined;
    if (this.#taken === undefined) {
      let resolve!: () => void;
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#taken = { promise, resolve };
      this.#timer = quietTimeout(() => this.clear(), PATIENCE_MS);
    }
    return this.#taken.promise;
  }

  /** Forgets the readers. */
  clear(): void {
    this.#readers.clear();
    this.#settle();
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#taken?.resolve();
    this.#taken = undefined;
  }
}
