/** An order, as the server sends it. */
export interface Order {
  /** Counts the orders of one life of the server, without a hole. */
  readonly orderId: string;
  readonly customerName: string;
  /** In euros. */
  readonly amount: number;
  readonly placedAt: string;
}

/** An order of the list that the page begins with. */
export interface KeptOrder extends Order {
  readonly eventId: string;
}
