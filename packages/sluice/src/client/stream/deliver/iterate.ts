import type { Delivery } from "./delivery.ts";
import type { StreamEvent } from "./stream-event.ts";

type Result = IteratorResult<StreamEvent, undefined>;

/** An iteration over the events of a stream. */
export interface EventIteration extends AsyncIterableIterator<StreamEvent, undefined> {
  next(): Promise<Result>;
  return(): Promise<Result>;
  /** Ends the iteration. With a failure, one call of `next()` rejects with it. */
  end(failure: Error | undefined): void;
}

const OVER = { done: true } as Result;

/**
 * Creates an iteration. It is a consumer from its first call of `next()` on, and busy with an event until the next
 * call. It keeps no event. Calls `close` when it has left as the last consumer.
 */
export function iterate(delivery: Delivery, close: () => void): EventIteration {
  /** The resolvers of calls of `next()` that wait. */
  const calls: ((result: Result | Promise<Result>) => void)[] = [];
  let remove: (() => boolean) | undefined;
  /** Says that the consumer is done with its event. */
  let release: (() => void) | undefined;
  let isOver = false;
  let failure: Error | undefined;

  /** Passes an event to the consumer. Resolves when the consumer has asked for the next one. */
  const listener = (_: unknown, value: StreamEvent) =>
    new Promise<void>((resolve) => {
      release = resolve;
      calls.shift()!({ done: false, value });
      if (calls[0]) resolve();
    });

  function end(reason: Error | undefined): void {
    isOver = true;
    failure = reason;
    calls.splice(0).forEach(answer);
  }

  function answer(resolve: (typeof calls)[number]): void {
    resolve(failure ? Promise.reject(failure) : OVER);
    failure = undefined;
  }

  return {
    next: () =>
      new Promise((resolve) => {
        if (isOver) return answer(resolve);
        calls.push(resolve);
        remove ??= delivery.add({ listener, end });
        release?.();
      }),
    // `for await` calls it after `break`, `return` and an error in the loop.
    async return() {
      end(undefined);
      if (remove?.()) close();
      // An iteration that begins right after this one receives the next event.
      else setTimeout(() => release?.());
      return OVER;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    end,
  };
}
