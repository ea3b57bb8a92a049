import type { Order } from "../../../wire/order.ts";
import type { Arrival, StreamPart } from "../streams/stream-part.ts";
import { find, fromTemplate, textElement } from "../ui/element.ts";
import { formatAmount, formatTime } from "../ui/format.ts";

/** Maximum number of rows on the page. A further order removes the oldest. */
const MAX_ROWS = 100;

interface Row {
  readonly order: Order;
  readonly arrival: Arrival | undefined;
  readonly element: HTMLTableRowElement;
}

/** The table of orders, newest first. All orders that arrive in one frame are added in one update of the page. */
export class OrderList {
  #source: () => StreamPart;
  #body = find<HTMLTableSectionElement>("#order-rows");
  #empty = find("#orders-empty");
  #rows: Row[] = [];
  #pending: Row[] = [];
  #frame = 0;

  /** `source` returns the part on which the orders arrive. */
  constructor(source: () => StreamPart) {
    this.#source = source;
  }

  /** Marks the orders that were replayed, as soon as the stream knows them. */
  markReplayed(): void {
    this.#markReplayed(this.#rows);
  }

  /** Adds an order. It has no `arrival` if it came from the API's list and not from the stream. */
  add(order: Order, arrival?: Arrival): void {
    const element = fromTemplate<HTMLTableRowElement>("order-row");
    find(".order-id", element).textContent = order.orderId;
    find(".order-customer", element).textContent = order.customerName;
    find(".order-amount", element).textContent = formatAmount(order.amount);
    find(".order-time", element).textContent = formatTime(order.placedAt);
    if (arrival !== undefined) element.classList.add("fresh");
    this.#pending.push({ order, arrival, element });
    if (this.#pending.length > MAX_ROWS) this.#pending.shift();
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#flush());
  }

  clear(): void {
    this.#pending = [];
    this.#rows = [];
    this.#body.replaceChildren();
    this.#empty.hidden = false;
  }

  #flush(): void {
    this.#frame = 0;
    this.#markReplayed(this.#pending);
    this.#body.prepend(...this.#pending.map((row) => row.element).reverse());
    this.#rows.push(...this.#pending);
    this.#pending = [];
    for (const row of this.#rows.splice(0, Math.max(0, this.#rows.length - MAX_ROWS))) row.element.remove();
    this.#empty.hidden = this.#rows.length > 0;
  }

  #markReplayed(rows: readonly Row[]): void {
    for (const { arrival, element } of rows) {
      if (arrival === undefined || element.dataset.replayed === "true") continue;
      if (!this.#source().isReplayed(arrival)) continue;
      element.dataset.replayed = "true";
      find(".order-customer", element).append(" ", textElement("span", "replayed", "chip"));
    }
  }
}
