/**
 * The names that docs/guide.md takes for granted. Its first section says what the reader has to imagine: an Express
 * application that knows its user, a Sluice, and the reader's own data.
 */
import type { Express as Application } from "express";
import type { Channel, Sluice } from "sluice";

declare global {
  namespace Express {
    interface Request {
      /** The signed-in user, by an authentication middleware. */
      user: { id: string };
    }
  }

  const app: Application;
  const sluice: Sluice;

  interface OrderPlacement {
    orderId: string;
    customerName: string;
    amount: number;
    placedAt: string;
  }
  type OrderEvents = { placed: OrderPlacement; cancelled: { orderId: string } };

  const orders: Channel<OrderEvents>;
  function readOrders(signal: AbortSignal): AsyncIterable<OrderPlacement>;

  const db: {
    insertOrder(input: unknown): Promise<OrderPlacement>;
    newestOrders(): Promise<OrderPlacement[]>;
    orderRows(): Promise<string[]>;
  };

  // The reader's page.
  function showOrder(order: OrderPlacement): void;
  function reloadOrders(): Promise<void>;
  function showProgress(percentage: number, status: string): void;
  function showText(text: string): void;
}
