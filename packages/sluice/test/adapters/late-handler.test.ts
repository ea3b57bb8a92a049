import { createServer, type Server, type ServerResponse } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import { sluiceFastify } from "../../src/adapters/fastify.ts";
import { sluiceHono } from "../../src/adapters/hono.ts";
import { sluiceKoa } from "../../src/adapters/koa.ts";
import { createSluice, type Sluice } from "../../src/index.ts";
import { ParkedSource } from "../support/sources.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";
import type { TestServer } from "./support/adapter-contract.ts";
import { serve, served } from "./support/listen.ts";

/** Starts an application whose handler is late: `answer` has answered the request before. */
type Start = (sluice: Sluice, source: ParkedSource, answer: (response: ServerResponse) => void) => Promise<TestServer>;

const APPLICATIONS: [string, Start][] = [
  [
    "Fastify",
    async (sluice, source, answer) => {
      const app = Fastify();
      await app.register(sluiceFastify, { sluice });
      app.get("/", async (_request, reply) => {
        reply.header("x-own", "1");
        answer(reply.raw);
        await turns(3);
        return reply.sse(source);
      });
      await app.listen({ port: 0, host: "127.0.0.1" });
      return served(app.server, () => app.close());
    },
  ],
  [
    "Koa",
    (sluice, source, answer) => {
      const app = new Koa().use(sluiceKoa({ sluice })).use(async (ctx) => {
        answer(ctx.res);
        await turns(3);
        return ctx.sse(source);
      });
      return serve(createServer(app.callback()));
    },
  ],
  [
    "Hono",
    (sluice, source, answer) => {
      const app = new Hono().use(sluiceHono({ sluice })).get("/", async (c) => {
        c.header("x-own", "1");
        answer((c.env as { outgoing: ServerResponse }).outgoing);
        await turns(3);
        return c.var.sse(source);
      });
      return serve(createAdaptorServer({ fetch: app.fetch }) as Server);
    },
  ],
];

describe.each(APPLICATIONS)("a late handler of %s", (_, start) => {
  it("leaves the answer of other code as it is, releases its source, and is reported", async () => {
    const codes: unknown[] = [];
    const onError = (error: unknown) => void codes.push((error as { code?: unknown }).code);
    await using sluice = createSluice({ onError });
    const source = new ParkedSource();
    const server = await start(sluice, source, (response) => void response.writeHead(503).end("late"));
    const response = await server.fetch("/");
    expect([response.status, await response.text()]).toEqual([503, "late"]);
    await until("the source is released", () => source.returned === 1);
    await server.close();
    expect(codes).toEqual(["ALREADY_ANSWERED"]);
  });
});
