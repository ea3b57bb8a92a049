import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { PassThrough, type Readable } from "node:stream";
import { createGzip } from "node:zlib";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import { sluiceKoa } from "../../../src/adapters/koa.ts";
import { createSluice } from "../../../src/index.ts";
import { readEventStream } from "../../support/patient-testing.ts";
import { HandFed } from "../support/hand-fed.ts";
import { serve } from "../support/listen.ts";
import { fetchGzip } from "../support/naive-compression.ts";
import { turnContract } from "../support/turn-contract.ts";

turnContract("Koa 3", ({ sluice, source, onClose, late }) => {
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx, next) => {
    await next();
    await late();
    ctx.set("x-late", "1");
  });
  app.use(sluiceKoa({ sluice })).use((ctx) => ctx.sse(source(), { onClose }));
  return serve(createServer(app.callback()));
});

describe("a middleware of Koa after the handler", () => {
  async function start(after: (ctx: Koa.Context) => void, source: HandFed<unknown>, onError = (_error: unknown) => {}) {
    const sluice = createSluice({ onError });
    const app = new Koa();
    app.silent = true;
    app.use(async (ctx, next) => {
      await next();
      after(ctx);
    });
    app.use(sluiceKoa({ sluice })).use((ctx) => ctx.sse(source));
    return { sluice, server: await serve(createServer(app.callback()), fetchGzip) };
  }

  it("may compress the body although it must not: events still arrive one by one", async () => {
    const source = new HandFed<unknown>();
    const { sluice, server } = await start((ctx) => {
      ctx.set("content-encoding", "gzip");
      ctx.body = (ctx.body as Readable).pipe(createGzip());
    }, source);
    await using stream = await readEventStream(await server.fetch("/"));
    for (const value of ["one", "two", "three"]) {
      source.give(value);
      expect((await stream.next()).data).toBe(value);
    }
    source.end();
    expect(await stream.rest()).toEqual([]);
    await sluice.close();
    await server.close();
  });

  it("may pipe the body: a leaving client still releases the source", async () => {
    const source = new HandFed<unknown>();
    const { sluice, server } = await start((ctx) => {
      ctx.body = (ctx.body as Readable).pipe(new PassThrough());
    }, source);
    const stream = await readEventStream(await server.fetch("/"));
    source.give("one");
    expect((await stream.next()).data).toBe("one");
    await stream.close();
    await source.returned;
    await sluice.close();
    await server.close();
  });

  it("may answer something else, and the source is released", async () => {
    const source = new HandFed<unknown>();
    const codes: unknown[] = [];
    const { server } = await start(
      (ctx) => {
        ctx.body = { another: "answer" };
      },
      source,
      (error) => codes.push((error as { code?: unknown }).code),
    );
    const response = await server.fetch("/");
    expect(await response.json()).toEqual({ another: "answer" });
    await source.returned;
    expect(codes).toEqual(["ALREADY_ANSWERED"]);
    await server.close();
  });
});

describe("a client of Koa that resets its connection", () => {
  it("is no error of the application", async () => {
    const sluice = createSluice();
    const app = new Koa();
    const errors: unknown[] = [];
    app.on("error", (error) => errors.push(error));
    const closed = new Promise((resolve) => {
      app.use(sluiceKoa({ sluice })).use((ctx) => ctx.sse(new HandFed(), { onClose: resolve }));
    });
    const server = createServer(app.callback());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: desk.example\r\n\r\n");
    await once(socket, "data");
    socket.resetAndDestroy();
    expect(await closed).toBe("client");
    await new Promise((resolve) => server.close(resolve));
    expect(errors).toEqual([]);
  });
});
