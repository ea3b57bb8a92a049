import type { Channel } from "sluice";
import type { Order, OrderEvents } from "./order.ts";

/**
 * Reads orders as they are placed: an async iterable like any other, over a database's change feed or a queue. Each caller has
 * its own and gets every order. It yields plain values, so there is nothing to resume from: a reader that was away has missed
 * what came meanwhile. That is what the channel's own subscription is for.
 */
export async function* readOrders(channel: Channel<OrderEvents>, signal: AbortSignal): AsyncGenerator<Order> {
  const items = channel.subscribe({ types: ["orders"] })[Symbol.asyncIterator]();
  // Also while no order comes: the loop below would wait for one more before it learned that its reader is gone.
  const stop = () => void items.return();
  signal.addEventListener("abort", stop, { once: true });
  for await (const { data } of items) yield data;
}
