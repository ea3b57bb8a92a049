/** An order, as it is streamed. */
export interface Order {
  /** Counts without a hole within a thousand, which one process has for itself: from 1001, the next one from 2001. */
  readonly orderId: string;
  readonly customerName: string;
  /** In euros, with at most two decimals. */
  readonly amount: number;
  /** ISO 8601. */
  readonly placedAt: string;
}

/** What a customer gives to place an order. */
export interface OrderInput {
  readonly customerName: string;
  readonly amount: number;
}

/** The types of the events of the channel `orders`. */
export type OrderEvents = {
  readonly orders: Order;
};

/** The types of the events of the channel `order-numbers`. */
export type OrderNumberEvents = {
  /** Some process took the thousand whose number is this event's offset. */
  readonly taken: null;
};

/** JSON schema of {@link OrderInput}. */
export const ORDER_INPUT = {
  type: "object",
  required: ["customerName", "amount"],
  additionalProperties: false,
  properties: {
    customerName: { type: "string", minLength: 1, maxLength: 80, pattern: "\\S", description: "Who the order is for" },
    amount: { type: "number", minimum: 0.01, maximum: 1_000_000, multipleOf: 0.01, description: "In euros" },
  },
} as const;

/** JSON schema of {@link Order}, with its event ID where it has one. */
export const ORDER = {
  type: "object",
  properties: {
    orderId: { type: "string" },
    customerName: { type: "string" },
    amount: { type: "number" },
    placedAt: { type: "string", format: "date-time" },
    eventId: { type: "string", description: "Position in the channel, to resume from" },
  },
} as const;
