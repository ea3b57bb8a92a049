/**
 * The names that the documents use without declaring them. The first section of docs/guide.md introduces them: an
 * Express application that knows its user, a Sluice, and the reader's own data.
 */
import type { Express as Application } from "express";
import type { Channel, Sluice } from "sluice";

declare global {
  namespace Express {
    interface Request {
      /** The signed-in user, set by an authentication middleware. */
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
  const notices: Channel<{ note: { text: string } }>;
  const dashboard: Channel<{ metric: { name: string; value: number } }>;
  function readOrders(signal: AbortSignal): AsyncIterable<OrderPlacement>;

  const db: {
    insertOrder(input: unknown): Promise<OrderPlacement>;
    newestOrders(): Promise<OrderPlacement[]>;
    orderRows(): Promise<string[]>;
  };

  // Runtimes that docs/frameworks/ shows.
  const Bun: { serve(options: { port: number; fetch(request: Request): Promise<Response> }): unknown };
  const Deno: { serve(options: { port: number }, handler: (request: Request) => Promise<Response>): unknown };

  // The reader's page.
  function showOrder(order: OrderPlacement): void;
  function reloadOrders(): Promise<void>;
  function showProgress(percentage: number, status: string): void;
  function showText(text: string): void;
}
