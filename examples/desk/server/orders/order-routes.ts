import type { FastifyInstance } from "fastify";
import { ERROR_RESPONSE, eventStreamSchema, NEEDS_USER } from "../operation/openapi.ts";
import { openStream } from "../streams/open-stream.ts";
import { ORDER, ORDER_INPUT, type OrderInput } from "./order.ts";
import type { OrderBook } from "./order-book.ts";
import { readOrders } from "./read-orders.ts";

/** Placing orders, listing them, and streaming them in two ways. */
export function orderRoutes(app: FastifyInstance, book: OrderBook): void {
  app.post<{ Body: OrderInput }>(
    "/api/orders",
    {
      schema: {
        tags: ["orders"],
        summary: "Place an order",
        security: NEEDS_USER,
        body: ORDER_INPUT,
        response: { 201: ORDER, 400: ERROR_RESPONSE, 401: ERROR_RESPONSE },
      },
    },
    async ({ body }, reply) => reply.code(201).send(await book.place(body)),
  );

  app.get<{ Querystring: { limit: string } }>(
    "/api/orders",
    {
      schema: {
        tags: ["orders"],
        summary: "The newest orders, oldest first, and the position from which a stream goes on after them",
        security: NEEDS_USER,
        querystring: {
          type: "object",
          properties: {
            limit: { type: "string", pattern: "^[1-9][0-9]{0,2}$", default: "50", description: "1 to 999" },
          },
        },
        response: {
          200: {
            type: "object",
            properties: { orders: { type: "array", items: ORDER }, position: { type: "string" } },
          },
          400: ERROR_RESPONSE,
          401: ERROR_RESPONSE,
        },
      },
    },
    ({ query }) => book.newest(Number(query.limit)),
  );

  app.get(
    "/api/orders/stream",
    {
      schema: eventStreamSchema("orders", "Orders from now on, from an async iterable", "Type orders, data an order."),
    },
    (request, reply) => {
      const source = ({ signal }: { signal: AbortSignal }) => readOrders(book.channel, signal);
      return openStream(request, reply, source, { name: "orders (plain)", event: "orders" });
    },
  );

  app.get(
    "/api/orders/stream/reliable",
    {
      schema: eventStreamSchema(
        "orders",
        "Orders with replay by Last-Event-ID",
        "Type orders, data an order, each with an ID to resume from.",
      ),
    },
    (request, reply) => openStream(request, reply, book.channel.subscribe(), { name: "orders", channel: book.channel }),
  );
}
