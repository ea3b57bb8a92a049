import type { Channel } from "sluice";
import type { Order, OrderEvents } from "./order.ts";

/**
 * Reads orders as they are placed: an async iterable like any other, from a database's change feed or a queue. Each caller has
 * its own and gets every order. It yields plain values, so there is nothing to resume from: a reader that was away has missed
 * what came meanwhile. That is what the channel's own subscription is for.
 */
export async function* readOrders(channel: Channel<OrderEvents>, signal: AbortSignal): AsyncGenerator<Order> {
  for await (const { data } of channel.subscribe({ types: ["orders"] })) {
    if (signal.aborted) return;
    yield data;
  }
}
