import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { sluiceHono } from "../../../src/adapters/hono.ts";
import { createSluice } from "../../../src/index.ts";
import { HandFed } from "../support/hand-fed.ts";
import { serve } from "../support/listen.ts";
import { turnContract } from "../support/turn-contract.ts";

turnContract("Hono on @hono/node-server", ({ sluice, source, onClose, late }) => {
  const app = new Hono();
  app.onError((_error, c) => c.text("failed", 500));
  app.use(async (c, next) => {
    await next();
    await late();
    c.header("x-late", "1");
  });
  app.use(sluiceHono({ sluice })).get("/", (c) => c.var.sse(source(), { onClose }));
  return serve(createAdaptorServer({ fetch: app.fetch }) as Server);
});

describe("a middleware of Hono after the handler", () => {
  it("may answer something else on node-server, and the source is released", async () => {
    const sluice = createSluice({ onError: () => undefined });
    const source = new HandFed<unknown>();
    const app = new Hono().use(async (c, next) => {
      await next();
      c.res = new Response("another answer", { status: 200, headers: { "content-type": "text/plain" } });
    });
    app.use(sluiceHono({ sluice })).get("/", (c) => c.var.sse(source));
    const server = await serve(createAdaptorServer({ fetch: app.fetch }) as Server);
    expect(await (await server.fetch("/")).text()).toBe("another answer");
    await source.returned;
    await server.close();
  });
});

describe("an error of the source on Hono", () => {
  const failing = (error: unknown) => {
    const app = new Hono().use(sluiceHono({ sluice: createSluice({ onError: () => undefined }) }));
    return app.get("/", (c) => c.var.sse(() => Promise.reject(error), { headers: { "x-desk": "own" } }));
  };
  const servers: [string, (app: Hono) => Promise<Response>][] = [
    ["without a server", async (app) => app.request("/")],
    [
      "on node-server",
      async (app) => {
        const server = await serve(createAdaptorServer({ fetch: app.fetch }) as Server);
        const response = await server.fetch("/");
        const whole = new Response(await response.text(), response);
        await server.close();
        return whole;
      },
    ],
  ];

  it.each(servers)("keeps its status without a handler, %s", async (_, fetch) => {
    const error = Object.assign(new Error("Gone."), { status: 410 });
    const response = await fetch(failing(error));
    expect([response.status, await response.text()]).toEqual([410, "Gone."]);
    expect(response.headers.get("x-desk")).toBe("own");
  });

  it.each(servers)("hides its message with a 5xx without a handler, %s", async (_, fetch) => {
    const response = await fetch(failing(Object.assign(new Error("secret"), { statusCode: 503 })));
    expect([response.status, await response.text()]).toEqual([503, "The event stream could not be opened."]);
  });

  it.each(servers)("reaches onError as it was thrown, %s", async (_, fetch) => {
    const error = Object.freeze(new TypeError("no"));
    const app = failing(error).onError((received, c) => c.json({ same: received === error }, 400));
    expect(await (await fetch(app)).json()).toEqual({ same: true });
  });
});
