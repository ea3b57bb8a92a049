import type { Channel } from "sluice";
import type { Order, OrderEvents, OrderInput } from "./order.ts";
import type { OrderNumbers } from "./order-numbers.ts";

/** What `history` gives at most, and the most that the channel is set up to keep. */
export const MOST_KEPT = 10_000;

/** Takes orders. The channel is the only place where they are kept: whoever shares its log has the same book. */
export class OrderBook {
  readonly channel: Channel<OrderEvents>;
  readonly #numbers: OrderNumbers;

  constructor(channel: Channel<OrderEvents>, numbers: OrderNumbers) {
    this.channel = channel;
    this.#numbers = numbers;
  }

  /** Places an order; resolves when it is in the channel. */
  async place({ customerName, amount }: OrderInput): Promise<Order & { eventId: string }> {
    while (!this.#numbers.isReady) await this.#numbers.refill();
    const order: Order = {
      orderId: String(this.#numbers.take()),
      customerName: customerName.trim(),
      amount,
      placedAt: new Date().toISOString(),
    };
    try {
      return { ...order, eventId: await this.channel.publish("orders", order) };
    } catch (error) {
      this.#numbers.abandon();
      throw error;
    }
  }

  /** The newest orders that are kept, oldest first, and the position from which a stream goes on after them. */
  async newest(limit: number): Promise<{ orders: (Order & { eventId: string })[]; position: string }> {
    const { events, position } = await this.channel.history({ limit });
    return { orders: events.map(({ data, id }) => ({ ...data, eventId: id })), position };
  }

  /** All orders that are kept, oldest first. */
  async all(): Promise<Order[]> {
    return (await this.newest(MOST_KEPT)).orders;
  }
}
