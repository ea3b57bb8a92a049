import type { SourceContext } from "../../src/index.ts";

/** A source that tells what is done to it. `next` never has anything, until it is told to return. */
export class ParkedSource implements AsyncIterableIterator<never> {
  signal: AbortSignal | undefined;
  pulls = 0;
  returned = 0;
  #wake: (() => void) | undefined;

  /** For `stream`: the source as a function. */
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

/** A source that always has more at once, and counts how much was taken. Each item is its number and so many characters more. */
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

/** Yields the values, and then waits until the signal aborts. */
export function valuesThenSilence(...values: readonly unknown[]) {
  return async function* ({ signal }: SourceContext): AsyncGenerator<unknown> {
    yield* values;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  };
}
