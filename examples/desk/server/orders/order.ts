import type { Order } from "../../wire/order.ts";

/** The types of the events of the channel `orders`. */
export type OrderEvents = {
  readonly orders: Order;
};

/** The types of the events of the channel `order-numbers`. */
export type OrderNumberEvents = {
  /** A process reserved a block of 1,000 numbers. The block's number is this event's offset. */
  readonly taken: null;
};

/** JSON schema of `OrderInput`. */
export const ORDER_INPUT = {
  type: "object",
  required: ["customerName", "amount"],
  additionalProperties: false,
  properties: {
    customerName: { type: "string", minLength: 1, maxLength: 80, pattern: "\\S", description: "Name of the customer" },
    amount: { type: "number", minimum: 0.01, maximum: 1_000_000, multipleOf: 0.01, description: "In euros" },
  },
} as const;

/** JSON schema of `OrderWithEventId`. */
export const ORDER = {
  type: "object",
  properties: {
    orderId: { type: "string" },
    customerName: { type: "string" },
    amount: { type: "number" },
    placedAt: { type: "string", format: "date-time" },
    eventId: { type: "string", description: "Position in the channel, to resume after" },
  },
} as const;
