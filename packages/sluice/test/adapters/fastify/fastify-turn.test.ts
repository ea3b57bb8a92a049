import type { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sluiceFastify } from "../../../src/adapters/fastify.ts";
import { createSluice, type Sluice } from "../../../src/index.ts";
import { readEventStream } from "../../support/patient-testing.ts";
import { turns } from "../../support/turns.ts";
import { fetchHttp1 } from "../support/fetch-http1.ts";
import { fetchHttp2 } from "../support/fetch-http2.ts";
import { HandFed } from "../support/hand-fed.ts";
import { served } from "../support/listen.ts";
import { fetchGzip } from "../support/naive-compression.ts";
import { type TurnSetup, turnContract } from "../support/turn-contract.ts";

async function start(app: FastifyInstance, { sluice, source, onClose, late }: TurnSetup, connect: typeof fetchHttp1) {
  await app.register(sluiceFastify, { sluice, drain: false });
  let hasFailed = false;
  app.addHook("onSend", async (_request, reply) => {
    // The answer of the error handler is sent, too.
    if (hasFailed) return;
    await late().catch((error) => {
      hasFailed = true;
      throw error;
    });
    reply.header("x-late", "1");
  });
  app.get("/", (_request, reply) => reply.sse(source(), { onClose }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  return served(app.server, () => app.close(), connect);
}

turnContract("Fastify 5", (setup) => start(Fastify(), setup, fetchHttp1));
turnContract("Fastify 5 on HTTP/2", (setup) => start(Fastify({ http2: true }) as never, setup, fetchHttp2));

describe("an error of the source on Fastify", () => {
  let app: FastifyInstance;
  let sluice: Sluice;
  beforeEach(async () => {
    sluice = createSluice({ onError: () => undefined });
    app = Fastify();
    await app.register(sluiceFastify, { sluice });
    app.setErrorHandler((error: { message: string; statusCode?: number }, _request, reply) =>
      reply.code(error.statusCode ?? 500).send({ handled: error.message }),
    );
  });
  afterEach(() => app.close());

  it("reaches the error handler also if the handler does not return the promise", async () => {
    app.get("/", async (_request, reply) => {
      void reply.sse(async () => {
        await turns(2);
        throw Object.assign(new Error("Too late."), { statusCode: 410 });
      });
    });
    const response = await app.inject("/");
    expect([response.statusCode, response.json()]).toEqual([410, { handled: "Too late." }]);
  });

  it.each([
    ["a text", "no", 500, "no"],
    ["an object", { statusCode: 418, message: "tea" }, 418, "tea"],
    ["nothing", undefined, 500, "undefined"],
  ])("reaches the error handler as an error if it is %s", async (_, thrown, status, handled) => {
    app.get("/", (_request, reply) => reply.sse(() => Promise.reject(thrown)));
    const response = await app.inject("/");
    expect([response.statusCode, response.json()]).toEqual([status, { handled }]);
  });

  it("resolves to refused, after the answer, and the handler may do more", async () => {
    const reasons: unknown[] = [];
    app.get("/", async (_request, reply) => {
      const reason = await reply.sse(() => {
        throw new Error("no");
      });
      reasons.push(reason);
      return { another: "answer" };
    });
    expect((await app.inject("/")).json()).toEqual({ handled: "no" });
    await turns(2);
    expect(reasons).toEqual(["refused"]);
  });
});

describe("an onSend hook of Fastify", () => {
  it("may compress the body although it must not: events still arrive one by one", async () => {
    const sluice = createSluice();
    const app = Fastify();
    await app.register(sluiceFastify, { sluice });
    app.addHook("onSend", async (_request, reply, payload) => {
      reply.header("content-encoding", "gzip");
      return (payload as Readable).pipe(createGzip());
    });
    const source = new HandFed<unknown>();
    app.get("/", (_request, reply) => reply.sse(source));
    await app.listen({ port: 0, host: "127.0.0.1" });
    const server = served(app.server, () => app.close(), fetchGzip);
    const stream = await readEventStream(await server.fetch("/"));
    for (const value of ["one", "two", "three"]) {
      source.give(value);
      expect((await stream.next()).data).toBe(value);
    }
    await stream.close();
    await source.returned;
    await server.close();
  });
});
