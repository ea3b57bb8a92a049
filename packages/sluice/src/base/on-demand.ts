import { outside } from "./async-context.ts";

/** A value that is loaded or opened on first use. If that fails, the next use tries again. */
export class OnDemand<T extends object> {
  readonly #load: () => Promise<T>;
  #value: T | undefined;
  #pending: Promise<T> | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** The value, once it is loaded. */
  get value(): T | undefined {
    return this.#value;
  }

  /** True while the value is being loaded. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * Returns the value at once if it is loaded. Callers that wait continue in the order of their calls, before all later
   * callers.
   */
  get(): T | Promise<T> {
    return this.#value ?? this.#pending ?? this.#begin();
  }

  /** Resolves to the value once a load in progress has ended. Resolves to `undefined` if no load began or it failed. */
  async settled(): Promise<T | undefined> {
    return this.#value ?? (await this.#pending?.catch(() => undefined));
  }

  #begin(): Promise<T> {
    // All later callers share the value: it must not keep the context of the first.
    const pending = outside(this.#load);
    this.#pending = pending;
    // Must be the first reaction to the promise: otherwise a later caller overtakes the callers that wait.
    pending.then(
      (value) => {
        this.#value = value;
        this.#pending = undefined;
      },
      () => {
        this.#pending = undefined;
      },
    );
    return pending;
  }
}
