import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sluiceFastify } from "../../src/adapters/fastify.ts";
import { createSluice, type Sluice } from "../../src/index.ts";
import { openEventStream } from "../../src/testing/index.ts";
import { adapterContract, COOKIES, ORIGIN, type Route, type ServerSetup } from "./adapter-contract.ts";
import { fetchHttp1 } from "./fetch-http1.ts";
import { fetchHttp2 } from "./fetch-http2.ts";
import { served } from "./listen.ts";

async function start(app: FastifyInstance, { sluice, routes }: ServerSetup, connect: typeof fetchHttp1) {
  await app.register(sluiceFastify, { sluice, drain: { pace: 0 } });
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("access-control-allow-origin", ORIGIN);
  });
  app.get<{ Params: { name: string; id: string } }>("/:name/:id", (request, reply) => {
    const { source, options } = (routes[request.params.name] as Route)(request.params.id);
    return reply.header("set-cookie", COOKIES).sse(source, options);
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return served(app.server, () => app.close(), connect);
}

adapterContract("Fastify 5", (setup) => start(Fastify(), setup, fetchHttp1), { drainsOnClose: true });

adapterContract("Fastify 5 on HTTP/2", (setup) => start(Fastify({ http2: true }) as never, setup, fetchHttp2), {
  drainsOnClose: true,
});

describe("reply.sse() of Fastify", () => {
  let app: FastifyInstance;
  let sluice: Sluice;
  beforeEach(() => {
    sluice = createSluice({ onError: () => undefined });
    app = Fastify();
  });
  afterEach(() => app.close());

  const listening = async () => {
    await app.listen({ port: 0, host: "127.0.0.1" });
    return served(app.server, () => app.close());
  };
  const three = async function* () {
    yield 1;
    yield 2;
    yield 3;
  };

  it("resolves to the reason of the end, and hooks hear of the response then", async () => {
    await app.register(sluiceFastify, { sluice });
    const heard: string[] = [];
    app.addHook("onResponse", async (_request, reply) => void heard.push(`response ${reply.statusCode}`));
    app.get("/", async (_request, reply) => {
      heard.push(await reply.sse(three));
    });
    await using stream = await openEventStream(await (await listening()).fetch("/"));
    expect((await stream.rest()).map(({ data }) => data)).toEqual(["1", "2", "3"]);
    await app.close();
    expect(heard.sort()).toEqual(["response 200", "source-ended"]);
  });

  it("holds the reply also when the handler neither waits nor returns, and the source takes its time", async () => {
    await app.register(sluiceFastify, { sluice });
    app.get("/", async (_request, reply) => {
      void reply.sse(async () => {
        // By then Fastify knows that the handler is done, and gave nothing.
        await new Promise<void>((resolve) => setImmediate(resolve));
        return three();
      });
    });
    await using stream = await openEventStream(await (await listening()).fetch("/"));
    expect(await stream.rest()).toHaveLength(3);
  });

  it("leaves misuse to the error handler of the application", async () => {
    await app.register(sluiceFastify, { sluice });
    app.setErrorHandler((error: { code?: string }, _request, reply) => reply.code(500).send({ code: error.code }));
    app.get("/", (_request, reply) => reply.sse(three, { retry: -1 }));
    const response = await app.inject("/");
    expect([response.statusCode, response.json()]).toEqual([500, { code: "INVALID_OPTION" }]);
  });

  it("works with app.inject(), for streams that end", async () => {
    await app.register(sluiceFastify, { sluice });
    app.get("/", (_request, reply) => reply.header("x-desk", "1").sse(three, { event: "n" }));
    const { statusCode, headers, body } = await app.inject("/");
    expect([statusCode, headers["content-type"], headers["x-desk"]]).toEqual([200, "text/event-stream", "1"]);
    const events = await (await openEventStream(new Response(body, { headers: headers as never }))).rest();
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ["n", "1"],
      ["n", "2"],
      ["n", "3"],
    ]);
  });

  it("is known to the application that registers the plugin and to its children, and to no other", async () => {
    await app.register(async (child) => {
      await child.register(sluiceFastify, { sluice });
      expect(child.hasReplyDecorator("sse")).toBe(true);
    });
    expect(app.hasReplyDecorator("sse")).toBe(false);
  });

  it("leaves the Sluice of others alone with `drain: false`", async () => {
    await app.register(sluiceFastify, { sluice, drain: false });
    app.get("/", (_request, reply) => reply.sse(three));
    await app.close();
    expect(sluice.health().status).toBe("ok");
  });

  it.each([
    [{}, "`sluice` must be a Sluice"],
    [{ sluice: {} }, "`sluice` must be a Sluice"],
    [{ sluice: createSluice(), drained: true }, "there is no option `drained`"],
    [{ sluice: createSluice(), drain: true }, "`drain` must be an object of drain options, or false"],
    [{ sluice: createSluice(), drain: { time: 1 } }, "`drain` has no option `time`"],
    [{ sluice: createSluice(), drain: { pace: -1 } }, "`drain.pace` must be a number of ms"],
  ])("refuses to be registered with %j", async (options, message) => {
    await expect(app.register(sluiceFastify, options as never)).rejects.toThrow(message);
  });
});
