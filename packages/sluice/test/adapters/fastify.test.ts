import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sluiceFastify } from "../../src/adapters/fastify.ts";
import { createSluice, type Sluice } from "../../src/index.ts";
import { readEventStream } from "../support/patient-testing.ts";
import { turns } from "../support/turns.ts";
import {
  adapterContract,
  COOKIES,
  HANDLED,
  LATE,
  ORIGIN,
  type Route,
  type ServerSetup,
} from "./support/adapter-contract.ts";
import { fetchHttp1 } from "./support/fetch-http1.ts";
import { fetchHttp2 } from "./support/fetch-http2.ts";
import { served } from "./support/listen.ts";

async function start(app: FastifyInstance, { sluice, routes }: ServerSetup, connect: typeof fetchHttp1) {
  await app.register(sluiceFastify, { sluice, drain: { pace: 0 } });
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("access-control-allow-origin", ORIGIN);
  });
  app.addHook("onSend", async (_request, reply) => {
    await turns(1);
    reply.header(LATE, "1");
  });
  app.setErrorHandler((error: Error & { status?: number }, _request, reply) =>
    reply
      .code(error.status ?? 500)
      .header(HANDLED, "1")
      .type("text/plain")
      .send(error.message),
  );
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

  it("resolves to the close reason, and then runs the onResponse hooks", async () => {
    await app.register(sluiceFastify, { sluice });
    const seen: string[] = [];
    app.addHook("onResponse", async (_request, reply) => void seen.push(`response ${reply.statusCode}`));
    app.get("/", async (_request, reply) => {
      seen.push(await reply.sse(three));
    });
    await using stream = await readEventStream(await (await listening()).fetch("/"));
    expect((await stream.rest()).map(({ data }) => data)).toEqual(["1", "2", "3"]);
    await app.close();
    expect(seen.sort()).toEqual(["response 200", "source-ended"]);
  });

  it("keeps the reply open if the handler returns nothing before the source is opened", async () => {
    await app.register(sluiceFastify, { sluice });
    app.get("/", async (_request, reply) => {
      void reply.sse(async () => {
        // Fastify has seen by then that the handler returned nothing.
        await turns(1);
        return three();
      });
    });
    await using stream = await readEventStream(await (await listening()).fetch("/"));
    expect(await stream.rest()).toHaveLength(3);
  });

  it("leaves a wrong option to the error handler of the application", async () => {
    await app.register(sluiceFastify, { sluice });
    app.setErrorHandler((error: { code?: string }, _request, reply) => reply.code(500).send({ code: error.code }));
    app.get("/", (_request, reply) => reply.sse(three, { retry: -1 }));
    const response = await app.inject("/");
    expect([response.statusCode, response.json()]).toEqual([500, { code: "INVALID_OPTION" }]);
  });

  it("answers app.inject() if the stream ends", async () => {
    await app.register(sluiceFastify, { sluice });
    app.get("/", (_request, reply) => reply.header("x-desk", "1").sse(three, { event: "n" }));
    const { statusCode, headers, body } = await app.inject("/");
    expect([statusCode, headers["content-type"], headers["x-desk"]]).toEqual([200, "text/event-stream", "1"]);
    const events = await (await readEventStream(new Response(body, { headers: headers as never }))).rest();
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ["n", "1"],
      ["n", "2"],
      ["n", "3"],
    ]);
  });

  it("exists in the application that registers the plugin, and in no parent", async () => {
    await app.register(async (child) => {
      await child.register(sluiceFastify, { sluice });
      expect(child.hasReplyDecorator("sse")).toBe(true);
    });
    expect(app.hasReplyDecorator("sse")).toBe(false);
  });

  it("does not drain the Sluice with `drain: false`", async () => {
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
  ])("fails to register with the options %j", async (options, message) => {
    await expect(app.register(sluiceFastify, options as never)).rejects.toThrow(message);
  });

  it("is refused as a stream while the application closes, and other requests are answered", async () => {
    await app.register(sluiceFastify, { sluice, drain: { timeout: 60_000, pace: 2_000 } });
    app.get("/stream", (_request, reply) => reply.sse(sluice.channel("news").subscribe()));
    app.get("/json", async () => ({ ok: true }));
    const server = await listening();
    const streams = await Promise.all(
      Array.from({ length: 10 }, async () => readEventStream(await server.fetch("/stream"))),
    );
    const closed = app.close();
    const refused = await server.fetch("/stream", { headers: { accept: "text/event-stream" } });
    expect([refused.status, await refused.text()]).toEqual([200, expect.stringMatching(/\nretry: \d+\n\n$/)]);
    expect((await server.fetch("/json")).status).toBe(200);
    expect(app.server.listening).toBe(true);
    for (const stream of streams) await stream.rest();
    await closed;
  });

  it("does not keep the application from closing by a connection that has sent nothing", async () => {
    await app.register(sluiceFastify, { sluice });
    await listening();
    const { port } = app.server.address() as AddressInfo;
    const silent = connect(port, "127.0.0.1");
    await once(app.server, "connection");
    const closed = once(silent, "close");
    await app.close();
    await closed;
  });
});
