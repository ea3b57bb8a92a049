/**
 * A source that yields the values that a test passes to `give()`. Unlike a generator, and like the consumer of a
 * message queue, it can return while it waits for a value.
 */
export class HandFed<T> implements AsyncIterableIterator<T> {
  /** Resolves when `return()` has run. */
  readonly returned: Promise<void>;
  #resolveReturned!: () => void;
  readonly #values: T[] = [];
  #waiting: ((result: IteratorResult<T, undefined>) => void) | undefined;
  #isOver = false;

  constructor() {
    this.returned = new Promise((resolve) => {
      this.#resolveReturned = resolve;
    });
  }

  give(value: T): void {
    if (this.#waiting === undefined) this.#values.push(value);
    else this.#settle({ value, done: false });
  }

  /** Ends the source, as if it had no more values. */
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
    this.#resolveReturned();
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
