import type { StreamGap } from "sluice/client";
import type { Order, OrderPage } from "../../../wire/order.ts";
import { request } from "../server/api.ts";
import type { LiveStream } from "../streams/live-stream.ts";
import type { Arrival, StreamPart } from "../streams/stream-part.ts";
import { find } from "../ui/element.ts";
import { countOf } from "../ui/format.ts";
import { startOrderForm } from "./order-form.ts";
import { OrderList } from "./order-list.ts";
import { OrderNumberCheck } from "./order-number-check.ts";

/**
 * Shows the orders that arrive, and which order numbers are missing. They arrive on the page's stream, which replays,
 * or on a plain one of an async iterable, which does not.
 */
export class OrdersPane {
  /** True if the user has chosen the plain stream. */
  isPlain = false;
  #list: OrderList;
  #numbers = new OrderNumberCheck();
  #summary = find("#orders-summary");
  #afterGap = false;

  /** `onChoice` is called when the user chooses the other stream. */
  constructor(reliable: StreamPart, plain: LiveStream, onChoice: () => void) {
    this.#list = new OrderList(() => (this.isPlain ? plain.part : reliable));
    reliable.on<Order>("orders", (order, arrival) => !this.isPlain && this.#add(order, arrival));
    plain.part.on<Order>("orders", (order, arrival) => this.isPlain && this.#add(order, arrival));
    reliable.addEventListener("gap", (event) => {
      if (!this.isPlain) this.#handleGap((event as CustomEvent<StreamGap>).detail);
    });
    for (const part of [reliable, plain.part]) part.addEventListener("info", () => this.#list.markReplayed());
    find("#order-stream").addEventListener("change", (event) => {
      this.isPlain = (event.target as HTMLInputElement).value === "plain";
      onChoice();
    });
    startOrderForm();
  }

  /** Shows the newest orders. Resolves to their position, so that no order in between is lost. */
  async load(): Promise<string> {
    const { orders, position } = await request<OrderPage>("GET", "/api/orders?limit=50");
    this.#clear();
    this.#afterGap = false;
    for (const order of orders) this.#add(order);
    return position;
  }

  #add(order: Order, arrival?: Arrival): void {
    if (this.#numbers.add(order.orderId)) this.#list.add(order, arrival);
    this.#render();
  }

  /**
   * After a gap the stream continues with all orders that the server keeps, oldest first. If old orders were trimmed,
   * the shown orders stay valid, and the number check finds the missing ones. Otherwise the list starts again.
   */
  #handleGap(gap: StreamGap): void {
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
