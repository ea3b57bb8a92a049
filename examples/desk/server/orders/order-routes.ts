import type { FastifyInstance } from "fastify";
import type { OrderInput } from "../../wire/order.ts";
import { ERROR_RESPONSE, eventStreamSchema, NEEDS_USER } from "../operation/openapi.ts";
import { openStream } from "../streams/open-stream.ts";
import { ORDER, ORDER_INPUT } from "./order.ts";
import type { OrderBook } from "./order-book.ts";
import { readOrders } from "./read-orders.ts";

/** Adds the routes to place, list and stream orders. One of the two streams has replay. */
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
        summary: "List the newest orders, oldest first, with the position from which a stream continues",
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
      schema: eventStreamSchema(
        "orders",
        "Stream new orders from an async iterable, without replay",
        "Event type: orders, with an order as the data.",
      ),
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
        "Stream orders from a channel, with replay by Last-Event-ID",
        "Event type: orders, with an order as the data. Each event has an ID to resume after.",
      ),
    },
    (request, reply) => openStream(request, reply, book.channel.subscribe(), { name: "orders", channel: book.channel }),
  );
}
