import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sluiceHono } from "../../src/adapters/hono.ts";
import { createSluice, type Refusal, type Sluice } from "../../src/index.ts";
import {
  adapterContract,
  COOKIES,
  HANDLED,
  LATE,
  ORIGIN,
  type Route,
  type ServerSetup,
} from "./support/adapter-contract.ts";
import { serve } from "./support/listen.ts";

function application({ sluice, routes }: ServerSetup): Hono {
  const app = new Hono();
  app.use(cors({ origin: ORIGIN }));
  app.use(async (c, next) => {
    await next();
    c.header(LATE, "1");
  });
  app.use(sluiceHono({ sluice }));
  app.onError((error, c) => {
    c.header(HANDLED, "1");
    return c.text(error.message, (error as { status?: 403 | 404 }).status ?? 500);
  });
  app.get("/:name/:id", (c) => {
    for (const cookie of COOKIES) c.header("set-cookie", cookie, { append: true });
    const { source, options } = (routes[c.req.param("name")] as Route)(c.req.param("id"));
    return c.var.sse(source, options);
  });
  return app;
}

adapterContract("Hono on @hono/node-server", (setup) =>
  serve(createAdaptorServer({ fetch: application(setup).fetch }) as Server),
);

adapterContract("Hono without a server", async (setup) => {
  const app = application(setup);
  return {
    fetch: async (path, init = {}) => app.request(path, init),
    close: async () => {},
  };
});

describe("c.var.sse() of Hono", () => {
  let sluice: Sluice;
  let app: Hono;
  beforeEach(() => {
    sluice = createSluice();
    app = new Hono().use(sluiceHono({ sluice }));
  });
  afterEach(async () => {
    vi.unstubAllGlobals();
    await sluice.close();
  });

  const source = async function* () {
    yield 1;
  };

  it("writes the same bytes on node-server as on bare Node", async () => {
    app.get("/", (c) => c.var.sse(source, { event: "n", retry: 0 }));
    const onHono = await answerOf(createAdaptorServer({ fetch: app.fetch }) as Server);
    const onNode = await answerOf(
      createServer((req, res) => void sluice.stream(req, res, source, { event: "n", retry: 0 })),
    );
    expect(onHono).toBe(onNode);
    expect(onHono).toContain("event: n\ndata: 1\n\n");
  });

  it("makes no ReadableStream on node-server", async () => {
    let made = 0;
    const counted = new Proxy(ReadableStream, {
      construct(target, args, newTarget) {
        made++;
        return Reflect.construct(target, args, newTarget);
      },
    });
    vi.stubGlobal("ReadableStream", counted);
    app.get("/", (c) => c.var.sse(source));
    expect(await answerOf(createAdaptorServer({ fetch: app.fetch }) as Server)).toContain("data: 1\n\n");
    expect(made).toBe(0);
    expect(await (await app.request("/")).text()).toContain("data: 1\n\n");
    expect(made).toBe(1);
  });

  it("sends headers on node-server that a middleware sets after the handler", async () => {
    app.use(async (c, next) => {
      c.header("x-before", "1");
      await next();
      c.header("x-after", "1");
    });
    app.get("/", (c) => c.var.sse(source));
    const answer = await answerOf(createAdaptorServer({ fetch: app.fetch }) as Server);
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\nx-after: 1\r\nx-before: 1\r\ncontent-type: text\/event-stream\r\n/);
    expect(answer).toMatch(/data: 1\n\n\r\n0\r\n\r\n$/);
  });

  it("keeps the headers that only the handler sets", async () => {
    app.get("/", (c) => {
      c.header("x-desk", "1");
      return c.var.sse(source);
    });
    const response = await app.request("/");
    expect([response.headers.get("x-desk"), response.headers.get("content-type")]).toEqual(["1", "text/event-stream"]);
    await response.text();
  });

  it("passes Hono's request to the source function, on Node and elsewhere", async () => {
    const requests: unknown[] = [];
    app.get("/", (c) =>
      c.var.sse(({ request, lastEventId, signal }) => {
        requests.push([request === c.req.raw, request.headers.get("x-desk"), lastEventId, signal.aborted]);
        return source();
      }),
    );
    const init = { headers: { "x-desk": "1", "last-event-id": "7" } };
    const server = await serve(createAdaptorServer({ fetch: app.fetch }) as Server);
    await (await server.fetch("/", init)).text();
    await server.close();
    await (await app.request("/", init)).text();
    expect(requests).toEqual([
      [true, "1", "7", false],
      [true, "1", "7", false],
    ]);
  });

  it("passes Hono's request to onRefuse, on Node and elsewhere", async () => {
    app.get("/", (c) => {
      const onRefuse = ({ status }: Refusal, request: Request) => ({
        body: `${status} ${request === c.req.raw}`,
        contentType: "text/plain",
      });
      const refused = async () => {
        throw Object.assign(new Error("no"), { status: 403 });
      };
      return c.var.sse(refused, { onRefuse, throws: "none" });
    });
    const server = await serve(createAdaptorServer({ fetch: app.fetch }) as Server);
    expect(await (await server.fetch("/")).text()).toBe("403 true");
    await server.close();
    expect(await (await app.request("/")).text()).toBe("403 true");
  });

  it.each([
    [{}, "`sluice` must be a Sluice"],
    [{ sluice: createSluice(), drain: {} }, "there is no option `drain`"],
  ])("throws if it is made with the options %j", (options, message) => {
    expect(() => sluiceHono(options as never)).toThrow(message);
  });
});

/** Sends one request to a server and closes the server. Returns all bytes of the answer except the date. */
async function answerOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nhost: desk.example\r\nconnection: close\r\n\r\n");
  let text = "";
  for await (const bytes of socket) text += bytes;
  await new Promise((resolve) => server.close(resolve));
  return text.replace(/date: .*\r\n/i, "");
}
