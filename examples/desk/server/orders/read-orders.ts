import type { Channel } from "sluice";
import type { Order } from "../../wire/order.ts";
import type { OrderEvents } from "./order.ts";

/**
 * Yields each new order. It stands for any async iterable, such as one over a database's change feed or a queue. The
 * values have no event IDs, so a reader that reconnects has missed the orders in between. A channel's subscription
 * replays them.
 */
export async function* readOrders(channel: Channel<OrderEvents>, signal: AbortSignal): AsyncGenerator<Order> {
  const events = channel.subscribe({ types: ["orders"] })[Symbol.asyncIterator]();
  // Without this the loop below would notice a disconnected reader only at the next order.
  const stop = () => void events.return();
  signal.addEventListener("abort", stop, { once: true });
  // A reader that falls far behind also receives gap events.
  for await (const { type, data } of events) if (type === "orders") yield data;
}
