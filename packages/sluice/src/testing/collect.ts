import { checkNames, checkNumber } from "../base/check-option.ts";
import { checkTimeout, within } from "./time-limit.ts";

/** How long to wait for items. */
export interface CollectOptions {
  /** Time for all of them, in ms; `Infinity`: no limit. Default: 4 000. */
  readonly timeout?: number;
}

/**
 * Resolves to the first `count` items of a subscription, or of any async iterable, and then ends the iteration; to fewer when it ends
 * before. A subscription begins where the channel is when this is called, so what is published after that is collected.
 *
 * ```ts
 * const collected = collect(orders.subscribe({ topics: ["user:ada"] }), 2);
 * await placeOrder("ada");
 * expect((await collected).map(({ event }) => event)).toEqual(["placed", "paid"]);
 * ```
 * Rejects when they do not come in time, or the iterable throws. Throws `INVALID_OPTION`.
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
  return within(timeout, gather(), () => `Expected ${count} items, but ${items.length} came`).finally(() => {
    // Not awaited: a generator that is parked returns only when it is woken.
    void iterator.return?.().catch(() => undefined);
  });
}
