/** Counts the operations on a channel: a channel closes only when none is in flight. */
export class Uses {
  /** Operations that began, ever. */
  count = 0;
  #pending = 0;
  #onSettled: (() => void) | undefined;

  /** Operations in flight. */
  get pending(): number {
    return this.#pending;
  }

  /** Counts an operation as in flight until it has settled. Returns it. */
  during<T>(operation: Promise<T>): Promise<T> {
    this.count++;
    this.#pending++;
    operation.then(this.#done, this.#done);
    return operation;
  }

  /** Resolves when no operation is in flight. Call it once. */
  async settled(): Promise<void> {
    if (this.#pending > 0) await new Promise<void>((resolve) => (this.#onSettled = resolve));
  }

  readonly #done = (): void => {
    if (--this.#pending === 0) this.#onSettled?.();
  };
}
