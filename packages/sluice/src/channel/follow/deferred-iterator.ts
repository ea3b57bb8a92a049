/** Returns an iterator, or one that can be used while it is still being made. */
export function iteratorOf<T>(
  items: AsyncGenerator<T, void, undefined> | Promise<AsyncGenerator<T, void, undefined>>,
): AsyncGenerator<T, void, undefined> {
  return items instanceof Promise ? new DeferredIterator(items) : items;
}

/** An async iterator that can be used while it is still being made. */
class DeferredIterator<T> implements AsyncGenerator<T, void, undefined> {
  readonly #items: Promise<AsyncGenerator<T, void, undefined>>;

  constructor(items: Promise<AsyncGenerator<T, void, undefined>>) {
    this.#items = items;
    // `next()` reports the failure.
    items.catch(() => undefined);
  }

  async next(): Promise<IteratorResult<T, void>> {
    return (await this.#items).next();
  }

  /** Ends the iterator. Resolves also if the iterator could not be made. */
  async return(): Promise<IteratorResult<T, void>> {
    const items = await this.#items.catch(() => undefined);
    return items === undefined ? { done: true, value: undefined } : items.return();
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    return (await this.#items).throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
