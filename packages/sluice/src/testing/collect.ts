import { checkNames, checkNumber } from "../base/check-option.ts";
import { checkTimeout, inTime } from "./time-limit.ts";

/** Options of {@link collect}. */
export interface CollectOptions {
  /** Limits the time for all items together, in ms. `Infinity`: no limit. Default: 4,000. */
  readonly timeout?: number;
}

/**
 * Resolves to the first `count` items of a subscription or any other async iterable, and then ends the iteration.
 * Resolves to fewer items if the iterable ends earlier. A subscription begins at the moment of this call, so it
 * receives every event that is published after it.
 *
 * ```ts
 * const collected = collect(orders.subscribe({ topics: ["user:ada"] }), 2);
 * await placeOrder("ada");
 * expect((await collected).map(({ type }) => type)).toEqual(["placed", "paid"]);
 * ```
 *
 * Rejects if the items do not come in time, or if the iterable throws. Throws `INVALID_OPTION`.
 */
export function collect<T>(iterable: AsyncIterable<T>, count: number, options: CollectOptions = {}): Promise<T[]> {
  checkNames("collect", options, ["timeout"]);
  checkNumber("count", count, 0, { whole: true });
  const timeout = checkTimeout(options.timeout);
  const iterator = iterable[Symbol.asyncIterator]();
  const items: T[] = [];

  const gather = async () => {
    while (items.length < count) {
      const result = await iterator.next();
      if (result.done === true) return items;
      items.push(result.value);
    }
    return items;
  };
  return inTime(timeout, gather(), () => `Expected ${count} items, but got ${items.length}`).finally(() => {
    // Do not await this: a generator that waits for an event returns only when the event comes.
    void iterator.return?.().catch(() => undefined);
  });
}
