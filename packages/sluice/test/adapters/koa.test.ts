import { createServer } from "node:http";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import { sluiceKoa } from "../../src/adapters/koa.ts";
import { createSluice } from "../../src/index.ts";
import { readEventStream } from "../support/patient-testing.ts";
import { turns } from "../support/turns.ts";
import { adapterContract, COOKIES, HANDLED, LATE, ORIGIN, type Route } from "./support/adapter-contract.ts";
import { serve } from "./support/listen.ts";

adapterContract("Koa 3", ({ sluice, routes }) => {
  const app = new Koa();
  // Do not print errors: the tests see them in the answers.
  app.silent = true;
  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      ctx.status = (error as { status?: number }).status ?? 500;
      ctx.set(HANDLED, "1");
      ctx.body = (error as Error).message;
    }
    await turns(1);
    ctx.set(LATE, "1");
  });
  app.use(sluiceKoa({ sluice }));
  app.use((ctx) => {
    const [, name = "", id = ""] = ctx.path.split("/");
    ctx.set("access-control-allow-origin", ORIGIN);
    ctx.set("set-cookie", [...COOKIES]);
    const { source, options } = (routes[name] as Route)(id);
    return ctx.sse(source, options);
  });
  return serve(createServer(app.callback()));
});

describe("ctx.sse() of Koa", () => {
  it("resolves when the source is open, and the middlewares before it see a stream with its head", async () => {
    const sluice = createSluice();
    const app = new Koa();
    const seen: unknown[] = [];
    app.use(async (ctx, next) => {
      await next();
      seen.push(ctx.status, ctx.type, ctx.headerSent, typeof (ctx.body as { pipe?: unknown }).pipe);
    });
    app.use(sluiceKoa({ sluice }));
    app.use((ctx) =>
      ctx.sse(
        async function* () {
          yield "only";
        },
        { onClose: (reason) => void seen.push(reason) },
      ),
    );
    const server = await serve(createServer(app.callback()));
    await using stream = await readEventStream(await server.fetch("/once"));
    expect(await stream.rest()).toMatchObject([{ type: "message", data: "only" }]);
    expect(seen).toEqual([200, "text/event-stream", false, "function", "source-ended"]);
    await server.close();
  });

  it("keeps Koa from answering if the middleware returns before the source is opened", async () => {
    const sluice = createSluice();
    const app = new Koa();
    app.use(sluiceKoa({ sluice }));
    app.use((ctx) => {
      void ctx.sse(async () => {
        // Koa has seen by then that the middlewares are done.
        await turns(1);
        return (async function* () {
          yield "only";
        })();
      });
    });
    const server = await serve(createServer(app.callback()));
    await using stream = await readEventStream(await server.fetch("/"));
    expect(await stream.rest()).toMatchObject([{ data: "only" }]);
    await server.close();
  });

  it.each([
    [undefined, "`sluice` must be a Sluice"],
    [{ sluice: createSluice(), drain: false }, "there is no option `drain`"],
  ])("throws if it is made with the options %j", (options, message) => {
    expect(() => sluiceKoa(options as never)).toThrow(message);
  });
});
