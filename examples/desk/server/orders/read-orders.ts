import type { Channel } from "sluice";
import type { Order } from "../../wire/order.ts";
import type { OrderEvents } from "./order.ts";

/**
 * Yields each new order. It stands for any async iterable, such as one over a database's change feed or a queue. The
 * values have no event IDs, so a reader that reconnects has missed the orders in between. A channel's subscription
 * replays them.
 */
export async function* readOrders(channel: Channel<OrderEvents>, signal: AbortSignal): AsyncGenerator<Order> {
  const items = channel.subscribe({ types: ["orders"] })[Symbol.asyncIterator]();
  // Without this the loop below would notice a disconnected reader only at the next order.
  const stop = () => void items.return();
  signal.addEventListener("abort", stop, { once: true });
  for await (const { data } of items) yield data;
}
