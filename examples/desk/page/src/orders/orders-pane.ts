import { request } from "../server/api.ts";
import type { Arrival, Gap, LiveStream } from "../streams/live-stream.ts";
import { find } from "../ui/element.ts";
import { countOf } from "../ui/format.ts";
import type { KeptOrder, Order } from "./order.ts";
import { startOrderForm } from "./order-form.ts";
import { OrderLedger } from "./order-ledger.ts";
import { OrderList } from "./order-list.ts";

/** The two ways of streaming orders: a channel that replays, and an async iterable that does not. */
export const ORDER_PATHS = { reliable: "/api/orders/stream/reliable", plain: "/api/orders/stream" } as const;

/** The order feed: what it shows is what the stream brought, and it says when anything is missing. */
export class OrdersPane {
  #stream: LiveStream;
  #list: OrderList;
  #ledger = new OrderLedger();
  #summary = find("#orders-summary");
  #afterGap = false;

  constructor(stream: LiveStream) {
    this.#stream = stream;
    this.#list = new OrderList(stream);
    stream.on<Order>("orders", (order, arrival) => this.#take(order, arrival));
    stream.on<Gap>("gap", (gap) => this.#gap(gap));
    find("#orders-feed").addEventListener("change", (event) => {
      const feed = (event.target as HTMLInputElement).value as keyof typeof ORDER_PATHS;
      stream.reset(ORDER_PATHS[feed]);
      void this.open();
    });
    startOrderForm();
  }

  /** Shows the newest orders, and goes on from the position they were read at: nothing falls in between. */
  async open(): Promise<void> {
    const { orders, position } = await request<{ orders: KeptOrder[]; position: string }>(
      "GET",
      "/api/orders?limit=50",
    );
    this.#startAnew();
    this.#afterGap = false;
    for (const order of orders) this.#take(order);
    this.#stream.open(this.#stream.path === ORDER_PATHS.plain ? null : position);
  }

  get ledger(): OrderLedger {
    return this.#ledger;
  }

  #take(order: Order, arrival?: Arrival): void {
    if (this.#ledger.take(order.orderId)) this.#list.add(order, arrival);
    this.#render();
  }

  /**
   * What follows a gap is everything the server still has, oldest first. When only the oldest was trimmed, it joins what
   * is here, and the ledger says what is missing; otherwise nothing here can be believed, and the page begins anew.
   */
  #gap(gap: Gap): void {
    if (gap.reason === "trimmed") return;
    this.#startAnew();
    this.#afterGap = true;
    this.#render();
  }

  #startAnew(): void {
    this.#ledger = new OrderLedger();
    this.#list.clear();
    this.#render();
  }

  #render(): void {
    const { received, missing, missingCount, repeated } = this.#ledger;
    const last = missing.at(-1);
    const range = last === undefined ? "" : last[0] === last[1] ? ` (${last[0]})` : ` (${last[0]}–${last[1]})`;
    const parts = [countOf(received, "order")];
    if (received > 0) parts.push(missingCount === 0 ? "none missing" : `${missingCount} missing${range}`);
    if (repeated > 0) parts.push(`${repeated} came twice`);
    if (this.#afterGap) parts.push("began anew after a gap");
    this.#summary.textContent = parts.join(" · ");
    this.#summary.classList.toggle("bad", missingCount > 0);
  }
}
