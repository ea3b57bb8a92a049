import type { Channel } from "sluice";
import type { Order, OrderInput, OrderPage, OrderWithEventId } from "../../wire/order.ts";
import type { OrderEvents } from "./order.ts";
import type { OrderNumbers } from "./order-numbers.ts";

/** Maximum number of orders that the channel keeps, and of orders that `history()` returns. */
const MAX_KEPT = 10_000;

/** Places and lists orders. Only the channel keeps them, so all processes on the same log have the same orders. */
export class OrderBook {
  readonly channel: Channel<OrderEvents>;
  readonly #numbers: OrderNumbers;

  constructor(channel: Channel<OrderEvents>, numbers: OrderNumbers) {
    this.channel = channel;
    this.#numbers = numbers;
  }

  /** Places an order. Resolves when the log has it. */
  async place({ customerName, amount }: OrderInput): Promise<OrderWithEventId> {
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
      this.#numbers.discardBlock();
      throw error;
    }
  }

  /** Resolves to the newest kept orders, oldest first, and the position after them. */
  async newest(limit: number): Promise<OrderPage> {
    const { events, position } = await this.channel.history({ limit });
    return { orders: events.map(({ data, id }) => ({ ...data, eventId: id })), position };
  }

  /** Resolves to all kept orders, oldest first. */
  async all(): Promise<readonly Order[]> {
    return (await this.newest(MAX_KEPT)).orders;
  }
}
