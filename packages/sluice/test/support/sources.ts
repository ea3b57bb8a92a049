import type { SourceContext } from "../../src/index.ts";

/** A source that counts calls. `next()` is pending until `return()` is called. */
export class ParkedSource implements AsyncIterableIterator<never> {
  signal: AbortSignal | undefined;
  pulls = 0;
  returned = 0;
  #wake: (() => void) | undefined;

  /** The source as a function, which keeps the signal. */
  readonly open = ({ signal }: SourceContext): this => {
    this.signal = signal;
    return this;
  };

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<never>> {
    this.pulls++;
    return new Promise((resolve) => {
      this.#wake = () => resolve({ done: true, value: undefined });
    });
  }

  return(): Promise<IteratorResult<never>> {
    this.returned++;
    this.#wake?.();
    return Promise.resolve({ done: true, value: undefined });
  }
}

/** A source that never waits, and counts its pulls. Each item is its number and `characters` more. */
export class EndlessSource implements AsyncIterableIterator<string> {
  signal: AbortSignal | undefined;
  pulls = 0;
  returned = 0;
  readonly #padding: string;

  constructor(characters = 0) {
    this.#padding = ".".repeat(characters);
  }

  readonly open = ({ signal }: SourceContext): this => {
    this.signal = signal;
    return this;
  };

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<string>> {
    return Promise.resolve({ done: false, value: `${this.pulls++} ${this.#padding}` });
  }

  return(): Promise<IteratorResult<string>> {
    this.returned++;
    return Promise.resolve({ done: true, value: undefined });
  }
}

/** Returns a source that yields the values and then waits until the signal aborts. */
export function valuesThenSilence(...values: readonly unknown[]) {
  return async function* ({ signal }: SourceContext): AsyncGenerator<unknown> {
    yield* values;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  };
}
