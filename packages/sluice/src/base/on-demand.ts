/** What is loaded, or opened, when it is first needed. Where that fails, whoever needs it next tries again. */
export class OnDemand<T extends object> {
  /** Once it is there. */
  value: T | undefined;
  readonly #load: () => Promise<T>;
  #pending: Promise<T> | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** At once where it is there. Whoever waits goes on in the order in which they came, before all who come later. */
  get(): T | Promise<T> {
    return this.value ?? this.#pending ?? this.#begin();
  }

  /** What has come of it: `undefined` where it was not needed, or could not be loaded. */
  async settled(): Promise<T | undefined> {
    return this.value ?? (await this.#pending?.catch(() => undefined));
  }

  #begin(): Promise<T> {
    const pending = this.#load();
    this.#pending = pending;
    // The first to hear of it: who finds it there must not pass those who wait.
    pending.then(
      (value) => {
        this.value = value;
        this.#pending = undefined;
      },
      () => {
        this.#pending = undefined;
      },
    );
    return pending;
  }
}
