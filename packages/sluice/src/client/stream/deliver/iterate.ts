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

const OVER: Result = { done: true, value: undefined };

/**
 * Creates an iteration. It is a consumer from its first call of `next()` on, and busy with an event until the next
 * call. It keeps no event. Calls `close` when it has left as the last consumer.
 */
export function iterate(delivery: Delivery, close: () => void): EventIteration {
  let calls: { resolve: (result: Result) => void; reject: (error: Error) => void }[] = [];
  let remove: (() => boolean) | undefined;
  /** Says that the consumer is done with its event. */
  let release: (() => void) | undefined;
  let isOver = false;
  let failure: Error | undefined;

  /** Passes an event to the consumer. Resolves when the consumer has asked for the next one. */
  const listener = (_: unknown, value: StreamEvent) =>
    new Promise<void>((resolve) => {
      release = resolve;
      calls.shift()!.resolve({ done: false, value });
      if (calls[0]) resolve();
    });

  function end(reason: Error | undefined): void {
    isOver = true;
    failure = reason;
    const waiting = calls;
    calls = [];
    waiting.forEach(answer);
  }

  function answer({ resolve, reject }: (typeof calls)[number]): void {
    if (failure) reject(failure);
    else resolve(OVER);
    failure = undefined;
  }

  const iteration: EventIteration = {
    next: () =>
      new Promise((resolve, reject) => {
        if (isOver) return answer({ resolve, reject });
        calls.push({ resolve, reject });
        remove ??= delivery.add({ listener, end });
        release?.();
      }),
    // `for await` calls it after `break`, `return` and an error in the loop.
    async return() {
      end(undefined);
      if (remove?.()) close();
      else release?.();
      return OVER;
    },
    [Symbol.asyncIterator]: () => iteration,
    end,
  };
  return iteration;
}
