import { outside } from "../context/async-context.ts";

/** A value that is loaded or opened on first use. If loading fails, the next use tries again. */
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

  /** Returns true while the value is loading. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * Returns the value if it is loaded, else its promise. Callers that wait continue in the order of their calls, before
   * all later callers.
   */
  get(): T | Promise<T> {
    return this.#value ?? this.#pending ?? this.#begin();
  }

  /** Resolves to the value once a load in progress has ended. Resolves to `undefined` if no load began or it failed. */
  async settled(): Promise<T | undefined> {
    return this.#value ?? (await this.#pending?.catch(() => undefined));
  }

  #begin(): Promise<T> {
    // All callers share the value, so it must not keep the async context of the first.
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
