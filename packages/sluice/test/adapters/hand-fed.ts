/**
 * A source that gives what a test hands it, when the test does, and that tells of its end. Like a message queue's consumer, and
 * unlike a generator, it can be ended while it waits.
 */
export class HandFed<T> implements AsyncIterableIterator<T> {
  /** Resolves when `return()` has run. */
  readonly returned: Promise<void>;
  #tellReturned!: () => void;
  readonly #values: T[] = [];
  #waiting: ((result: IteratorResult<T, undefined>) => void) | undefined;
  #isOver = false;

  constructor() {
    this.returned = new Promise((resolve) => {
      this.#tellReturned = resolve;
    });
  }

  give(value: T): void {
    if (this.#waiting === undefined) this.#values.push(value);
    else this.#settle({ value, done: false });
  }

  /** Ends by itself. */
  end(): void {
    this.#isOver = true;
    this.#settle({ value: undefined, done: true });
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#values.length > 0) return { value: this.#values.shift() as T, done: false };
    if (this.#isOver) return { value: undefined, done: true };
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.end();
    this.#tellReturned();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #settle(result: IteratorResult<T, undefined>): void {
    this.#waiting?.(result);
    this.#waiting = undefined;
  }
}
