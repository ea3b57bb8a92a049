import type { Gap } from "sluice";
import type { Order, OrderPage } from "../../../wire/order.ts";
import { request } from "../server/api.ts";
import type { Arrival, LiveStream } from "../streams/live-stream.ts";
import { find } from "../ui/element.ts";
import { countOf } from "../ui/format.ts";
import { startOrderForm } from "./order-form.ts";
import { OrderList } from "./order-list.ts";
import { OrderNumberCheck } from "./order-number-check.ts";

/** Paths of the two order streams: a channel with replay, and an async iterable without. */
export const ORDER_PATHS = { reliable: "/api/orders/stream/reliable", plain: "/api/orders/stream" } as const;

/** Shows the orders that arrive on the stream, and which order numbers are missing. */
export class OrdersPane {
  #stream: LiveStream;
  #list: OrderList;
  #numbers = new OrderNumberCheck();
  #summary = find("#orders-summary");
  #afterGap = false;

  constructor(stream: LiveStream) {
    this.#stream = stream;
    this.#list = new OrderList(stream);
    stream.on<Order>("orders", (order, arrival) => this.#add(order, arrival));
    stream.on<Gap>("gap", (gap) => this.#handleGap(gap));
    find("#order-stream").addEventListener("change", (event) => {
      const choice = (event.target as HTMLInputElement).value as keyof typeof ORDER_PATHS;
      stream.reset(ORDER_PATHS[choice]);
      void this.open();
    });
    startOrderForm();
  }

  /** Shows the newest orders and opens the stream at their position, so that no order in between is lost. */
  async open(): Promise<void> {
    const { orders, position } = await request<OrderPage>("GET", "/api/orders?limit=50");
    this.#clear();
    this.#afterGap = false;
    for (const order of orders) this.#add(order);
    this.#stream.open(this.#stream.path === ORDER_PATHS.plain ? null : position);
  }

  #add(order: Order, arrival?: Arrival): void {
    if (this.#numbers.add(order.orderId)) this.#list.add(order, arrival);
    this.#render();
  }

  /**
   * After a gap the stream continues with all orders that the server keeps, oldest first. If old orders were trimmed,
   * the shown orders stay valid, and the number check finds the missing ones. Otherwise the list starts again.
   */
  #handleGap(gap: Gap): void {
    if (gap.reason === "trimmed") return;
    this.#clear();
    this.#afterGap = true;
    this.#render();
  }

  #clear(): void {
    this.#numbers = new OrderNumberCheck();
    this.#list.clear();
    this.#render();
  }

  #render(): void {
    const { received, missing, missingCount, repeated } = this.#numbers;
    const last = missing.at(-1);
    const range = last === undefined ? "" : last[0] === last[1] ? ` (${last[0]})` : ` (${last[0]}–${last[1]})`;
    const parts = [countOf(received, "order")];
    if (received > 0) parts.push(missingCount === 0 ? "none missing" : `${missingCount} missing${range}`);
    if (repeated > 0) parts.push(`${repeated} received twice`);
    if (this.#afterGap) parts.push("list restarted after a gap");
    this.#summary.textContent = parts.join(" · ");
    this.#summary.classList.toggle("bad", missingCount > 0);
  }
}
