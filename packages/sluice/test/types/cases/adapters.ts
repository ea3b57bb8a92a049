import { Controller, Get, Module } from "@nestjs/common";
import Fastify from "fastify";
import { defineEventHandler } from "h3";
import * as h3v2 from "h3-v2";
import { Hono } from "hono";
import Koa from "koa";
import { type CloseReason, createSluice } from "sluice";
import { sluiceFastify } from "sluice/fastify";
import { sluiceH3 } from "sluice/h3";
import { sluiceHono } from "sluice/hono";
import { sluiceKoa } from "sluice/koa";
import { EventStream, SluiceModule } from "sluice/nest";
import { collect, readEventStream } from "sluice/testing";
import { type Exactly, holds } from "./exactly.ts";

const sluice = createSluice();
const orders = sluice.channel<{ placed: { id: number } }>("orders");

// Fastify, on HTTP/1.1 and HTTP/2.
const fastify = Fastify();
await fastify.register(sluiceFastify, { sluice, drain: { timeout: 1_000 } });
// @ts-expect-error the option sluice is required
await fastify.register(sluiceFastify, {});
fastify.get("/", async (request, reply) => {
  const reason = await reply.sse(orders.subscribe(), { event: request.id });
  holds<Exactly<typeof reason, CloseReason>>();
  // @ts-expect-error a number is not a source
  return reply.sse(1);
});
const http2 = Fastify({ http2: true });
await http2.register(sluiceFastify, { sluice, drain: false });
http2.get("/", (_request, reply) => reply.sse(orders.subscribe()));

// Koa.
new Koa()
  .use(sluiceKoa({ sluice }))
  // @ts-expect-error Koa has no hook for its shutdown
  .use(sluiceKoa({ sluice, drain: {} }))
  .use((ctx) => ctx.sse(orders.subscribe()))
  // @ts-expect-error a number is not a source
  .use((ctx) => ctx.sse(1));

// Hono.
new Hono()
  .use(sluiceHono({ sluice }))
  .get("/", (c) =>
    c.var.sse(({ request }) => {
      holds<Exactly<typeof request, Request>>();
      return orders.subscribe();
    }),
  )
  // @ts-expect-error a number is not a source
  .get("/no", (c) => c.var.sse(1));

// h3 1 and 2.
const sse = sluiceH3({ sluice });
defineEventHandler((event) =>
  sse(event, ({ request }) => {
    holds<Exactly<typeof request, typeof event.req>>();
    return orders.subscribe();
  }),
);
new h3v2.H3().get("/", (event) =>
  sse(event, ({ request }) => {
    holds<Exactly<typeof request, typeof event.req>>();
    return orders.subscribe();
  }),
);
// @ts-expect-error a number is not a source
defineEventHandler((event) => sse(event, 1));
// @ts-expect-error a request is not an event
sse(new Request("http://desk.example"), orders.subscribe());

// Nest.
@Controller()
class OrderController {
  @Get()
  @EventStream({ event: "order" })
  all() {
    return orders.subscribe();
  }

  @Get("mine")
  @EventStream((request) => ({ subscriber: { user: request.user.id } }))
  mine() {
    return orders.subscribe();
  }

  // @ts-expect-error the option does not exist
  @EventStream({ events: "order" })
  wrong() {}
}

@Module({
  imports: [
    SluiceModule.forRoot({ sluice }),
    SluiceModule.forRootAsync({ inject: ["config"], useFactory: (config: typeof sluice) => ({ sluice: config }) }),
    // @ts-expect-error the option sluice is required
    SluiceModule.forRoot({}),
  ],
  controllers: [OrderController],
})
export class OrderModule {}

// Test helpers.
const [event] = await collect(orders.subscribe(), 1);
if (event?.type === "placed") holds<Exactly<typeof event.data, { id: number }>>();
const stream = await readEventStream("http://desk.example", { lastEventId: "1", timeout: 1_000 });
holds<Exactly<Awaited<ReturnType<typeof stream.next>>, { type: string; data: string; lastEventId: string }>>();
