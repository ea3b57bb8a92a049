/** An order: the data of an `orders` event, and an item of `GET /api/orders`. */
export interface Order {
  /** Counts up from 1001. Each server process numbers its orders from a block of 1,000, without a hole in the block. */
  readonly orderId: string;
  readonly customerName: string;
  /** In euros, with at most two decimals. */
  readonly amount: number;
  /** ISO 8601. */
  readonly placedAt: string;
}

/** The body of `POST /api/orders`. */
export interface OrderInput {
  readonly customerName: string;
  readonly amount: number;
}

/** An order together with its position in the channel. */
export interface OrderWithEventId extends Order {
  readonly eventId: string;
}

/** The response of `GET /api/orders`: the newest orders, oldest first. */
export interface OrderPage {
  readonly orders: readonly OrderWithEventId[];
  /** The last event ID from which a stream continues after these orders. */
  readonly position: string;
}
