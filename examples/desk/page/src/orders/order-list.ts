import type { Arrival, LiveStream } from "../streams/live-stream.ts";
import { find, fromTemplate, textElement } from "../ui/element.ts";
import { formatAmount, formatTime } from "../ui/format.ts";
import type { Order } from "./order.ts";

/** Rows on the page; older ones leave it. */
const ROWS = 100;

interface Row {
  readonly order: Order;
  readonly arrival: Arrival | undefined;
  readonly element: HTMLTableRowElement;
}

/** The table of orders, newest first. Many orders within one frame cost one change of the page. */
export class OrderList {
  #stream: LiveStream;
  #body = find<HTMLTableSectionElement>("#order-rows");
  #empty = find("#orders-empty");
  #rows: Row[] = [];
  #waiting: Row[] = [];
  #frame = 0;

  constructor(stream: LiveStream) {
    this.#stream = stream;
    stream.addEventListener("described", () => this.#markReplayed(this.#rows));
  }

  /** Adds an order; without an arrival it was in the list that the page began with. */
  add(order: Order, arrival?: Arrival): void {
    const element = fromTemplate<HTMLTableRowElement>("order-row");
    find(".order-id", element).textContent = order.orderId;
    find(".order-customer", element).textContent = order.customerName;
    find(".order-amount", element).textContent = formatAmount(order.amount);
    find(".order-time", element).textContent = formatTime(order.placedAt);
    if (arrival !== undefined) element.classList.add("fresh");
    this.#waiting.push({ order, arrival, element });
    if (this.#waiting.length > ROWS) this.#waiting.shift();
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#flush());
  }

  clear(): void {
    this.#waiting = [];
    this.#rows = [];
    this.#body.replaceChildren();
    this.#empty.hidden = false;
  }

  #flush(): void {
    this.#frame = 0;
    this.#markReplayed(this.#waiting);
    this.#body.prepend(...this.#waiting.map((row) => row.element).reverse());
    this.#rows.push(...this.#waiting);
    this.#waiting = [];
    for (const row of this.#rows.splice(0, Math.max(0, this.#rows.length - ROWS))) row.element.remove();
    this.#empty.hidden = this.#rows.length > 0;
  }

  #markReplayed(rows: readonly Row[]): void {
    for (const { arrival, element } of rows) {
      if (arrival === undefined || element.dataset.replayed === "true") continue;
      if (!this.#stream.isReplayed(arrival)) continue;
      element.dataset.replayed = "true";
      find(".order-customer", element).append(" ", textElement("span", "replayed", "chip"));
    }
  }
}
