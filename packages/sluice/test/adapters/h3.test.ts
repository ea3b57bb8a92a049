import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { connect } from "node:net";
import {
  appendResponseHeader,
  createApp,
  createRouter,
  defineEventHandler,
  getRouterParam,
  handleCors,
  send,
  setResponseHeader,
  setResponseStatus,
  toNodeListener,
  toWebHandler,
} from "h3";
import * as h3v2 from "h3-v2";
import { toNodeHandler } from "h3-v2/node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sluiceH3 } from "../../src/adapters/h3.ts";
import { type CloseReason, createSluice, type Sluice, type SourceContext } from "../../src/index.ts";
import { readEventStream } from "../support/patient-testing.ts";
import {
  adapterContract,
  COOKIES,
  HANDLED,
  LATE,
  ORIGIN,
  type Route,
  type ServerSetup,
} from "./support/adapter-contract.ts";
import { fetchHttp2 } from "./support/fetch-http2.ts";
import { serve } from "./support/listen.ts";

// h3 1 prints unexpected errors. The tests see them in the answers.
beforeEach(() => void vi.spyOn(console, "error").mockReturnValue());
afterEach(() => void vi.restoreAllMocks());

function appOfV1({ sluice, routes }: ServerSetup) {
  const sse = sluiceH3({ sluice });
  const app = createApp({
    onBeforeResponse: (event) => setResponseHeader(event, LATE, "1"),
    async onError(error, event) {
      setResponseStatus(event, error.statusCode);
      setResponseHeader(event, HANDLED, "1");
      setResponseHeader(event, LATE, "1");
      await send(event, error.message, "text/plain");
    },
  });
  app.use(defineEventHandler((event) => void handleCors(event, { origin: [ORIGIN] })));
  const answer = defineEventHandler((event) => {
    for (const cookie of COOKIES) appendResponseHeader(event, "set-cookie", cookie);
    const { source, options } = (routes[getRouterParam(event, "name") ?? ""] as Route)(
      getRouterParam(event, "id") ?? "",
    );
    return sse(event, source, options);
  });
  return app.use(createRouter().get("/:name/:id", answer));
}

function appOfV2({ sluice, routes }: ServerSetup) {
  const sse = sluiceH3({ sluice });
  const app = new h3v2.H3({
    silent: true,
    onError: ({ message, status, headers }, event) =>
      new Response(message, { status, headers: [...(headers ?? []), ...event.res.errHeaders, [HANDLED, "1"]] }),
  });
  app.use(async (event, next) => {
    h3v2.handleCors(event, { origin: [ORIGIN] });
    try {
      return await next();
    } finally {
      event.res.headers.set(LATE, "1");
      event.res.errHeaders.set(LATE, "1");
    }
  });
  return app.get("/:name/:id", (event) => {
    for (const cookie of COOKIES) {
      event.res.headers.append("set-cookie", cookie);
      event.res.errHeaders.append("set-cookie", cookie);
    }
    const { name = "", id = "" } = event.context.params ?? {};
    const { source, options } = (routes[name] as Route)(id);
    return sse(event, source, options);
  });
}

type Answer = (event: unknown) => Promise<unknown>;

const withoutServer = (answer: (request: Request) => Response | Promise<Response>) => ({
  fetch: async (path: string, init: RequestInit = {}) => answer(new Request(`http://desk.example${path}`, init)),
  close: async () => {},
});

adapterContract("h3 1 on Node", (setup) => serve(createServer(toNodeListener(appOfV1(setup)))));
adapterContract("h3 1 on HTTP/2", (setup) =>
  serve(createHttp2Server(toNodeListener(appOfV1(setup)) as never), fetchHttp2),
);
adapterContract("h3 1 without a server", async (setup) => withoutServer(toWebHandler(appOfV1(setup))));
adapterContract("h3 2 on Node", (setup) => serve(createServer(toNodeHandler(appOfV2(setup)))));
adapterContract("h3 2 on HTTP/2", (setup) =>
  serve(createHttp2Server(toNodeHandler(appOfV2(setup)) as never), fetchHttp2),
);
adapterContract("h3 2 without a server", async (setup) => withoutServer((request) => appOfV2(setup).fetch(request)));

const once = async function* () {
  yield "only";
};

describe("sluiceH3()", () => {
  it.each([
    [undefined, "`sluice` must be a Sluice"],
    [{ sluice: createSluice(), drain: {} }, "there is no option `drain`"],
  ])("throws if it is made with the options %j", (options, message) => {
    expect(() => sluiceH3(options as never)).toThrow(message);
  });

  it.each([undefined, {}, new Request("http://desk.example")])("rejects if it is called with %s", async (event) => {
    const answer = sluiceH3({ sluice: createSluice() })(event as never, once);
    await expect(answer).rejects.toThrow("the first argument must be an event of h3 1 or 2");
  });
});

describe.each([
  ["h3 1", (answer: Answer) => toNodeListener(createApp().use(defineEventHandler(answer as never)))],
  ["h3 2", (answer: Answer) => toNodeHandler(new h3v2.H3({ silent: true }).all("/", answer as never))],
])("%s", (_, listenerOf) => {
  const request = async (method: string) => {
    await using sluice = createSluice();
    const sse = sluiceH3({ sluice });
    const server = createServer(
      listenerOf((event) => sse(event as never, once, { headers: { "x-desk": "1" } })) as never,
    );
    await serve(server);
    const { port } = server.address() as { port: number };
    const response = await fetch(`http://127.0.0.1:${port}/`, { method });
    const text = await response.text();
    server.closeAllConnections();
    return { response, text, streams: sluice.stats().opened };
  };

  it("answers HEAD with the head of the stream, and opens none", async () => {
    const { response, text, streams } = await request("HEAD");
    expect([response.status, text, streams]).toEqual([200, "", 0]);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("x-desk")).toBe("1");
  });

  it("refuses other methods with 405", async () => {
    const { response, streams } = await request("POST");
    expect([response.status, streams]).toEqual([405, 0]);
    expect(response.headers.get("allow")).toBe("GET, HEAD");
    expect(response.headers.get("x-desk")).toBe("1");
  });
});

/** The answers to an error that a source throws, by an application without error handling of its own. */
describe.each([
  ["h3 1 on Node", serverOfV1],
  [
    "h3 1 without a server",
    async (answer: Answer) => toWebHandler(createApp().use(defineEventHandler(answer as never))),
  ],
  ["h3 2", async (answer: Answer) => new h3v2.H3({ silent: true }).get("/", answer as never).fetch],
])("an error of the source on %s", (_, start) => {
  const answerTo = async (fields: object) => {
    const sse = sluiceH3({ sluice: createSluice() });
    const source = async () => {
      throw Object.assign(new Error("Not for you."), fields);
    };
    const fetchOne = await start((event) => sse(event as never, source, { headers: { "x-desk": "1" } }));
    const response = await fetchOne(new Request("http://desk.example/"));
    return { response, text: await response.text() };
  };

  it("is answered with its status, its headers and the headers of the stream", async () => {
    const { response } = await answerTo({ status: 403, headers: { "www-authenticate": "Bearer" } });
    expect(response.status).toBe(403);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(response.headers.get("x-desk")).toBe("1");
    expect(response.headers.get("content-type")).toMatch("application/json");
    expect(console.error).not.toHaveBeenCalled();
  });

  it("is answered with its status and retry-after if the client may retry", async () => {
    const { response, text } = await answerTo({ status: 503, headers: { "retry-after": "7" } });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "7"]);
    expect(text).not.toMatch("Not for you.");
    expect(console.error).not.toHaveBeenCalled();
  });

  it("hides the message of an unexpected error", async () => {
    const { response, text } = await answerTo({});
    expect(response.status).toBe(500);
    expect(text).not.toMatch("Not for you.");
  });
});

async function serverOfV1(answer: Answer) {
  const server = createServer(toNodeListener(createApp().use(defineEventHandler(answer as never))));
  const { fetch } = await serve(server);
  return async () => {
    const response = await fetch("/");
    const { status, headers } = response;
    const copy = new Response(await response.text(), { status, headers });
    server.close();
    return copy;
  };
}

describe("a stream on h3 1", () => {
  let sluice: Sluice;
  let sse: ReturnType<typeof sluiceH3>;
  beforeEach(() => {
    sluice = createSluice();
    sse = sluiceH3({ sluice });
  });
  afterEach(() => sluice.close());

  it("carries the headers that the hook onBeforeResponse sets, as `beforeResponse` of Nitro does", async () => {
    const app = createApp({ onBeforeResponse: (event) => setResponseHeader(event, "x-request-id", "7") });
    app.use(defineEventHandler((event) => sse(event, once)));
    const server = await serve(createServer(toNodeListener(app)));
    await using stream = await readEventStream(await server.fetch("/"));
    expect(stream.response.headers.get("x-request-id")).toBe("7");
    expect(await stream.rest()).toMatchObject([{ data: "only" }]);
    await server.close();
  });

  it("runs the hook onAfterResponse once, when the stream has ended", async () => {
    const after: unknown[] = [];
    const app = createApp({ onAfterResponse: () => void after.push(sluice.stats().streams) });
    app.use(defineEventHandler((event) => sse(event, sluice.channel("orders").subscribe())));
    const server = await serve(createServer(toNodeListener(app)));
    const stream = await readEventStream(await server.fetch("/"));
    expect(after).toEqual([]);
    await stream.close();
    await expect.poll(() => after).toEqual([0]);
    await server.close();
  });

  it("ends when the client leaves, also if the stream is quiet", async () => {
    const closed = new Promise<CloseReason>((resolve) => {
      const app = createApp();
      const orders = sluice.channel("orders");
      app.use(defineEventHandler((event) => sse(event, orders.subscribe(), { onClose: resolve })));
      void serve(createServer(toNodeListener(app))).then(async (server) => {
        const stream = await readEventStream(await server.fetch("/"));
        await stream.close();
        await server.close();
      });
    });
    expect(await closed).toBe("client");
  });

  it("answers requests that are pipelined on one connection, each in its turn", async () => {
    const app = createApp();
    app.use(defineEventHandler((event) => sse(event, once)));
    const server = createServer(toNodeListener(app));
    await serve(server);
    const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
    const request = "GET / HTTP/1.1\r\nhost: desk.example\r\n";
    socket.write(`${request}\r\n${request}connection: close\r\n\r\n`);
    let text = "";
    for await (const bytes of socket) text += bytes;
    expect(text.match(/data: only/g)).toHaveLength(2);
    await new Promise((resolve) => server.close(resolve));
  });

  it("passes the event's request to the source function, on Node and elsewhere", async () => {
    const seen: unknown[] = [];
    const app = createApp();
    app.use(
      defineEventHandler((event) =>
        sse(event, ({ request, lastEventId, signal }: SourceContext<typeof event.req>) => {
          seen.push([request === event.req, request.headers["x-desk"], lastEventId, signal.aborted]);
          return once();
        }),
      ),
    );
    const init = { headers: { "x-desk": "1", "last-event-id": "7" } };
    const server = await serve(createServer(toNodeListener(app)));
    await (await server.fetch("/", init)).text();
    await server.close();
    await (await toWebHandler(app)(new Request("http://desk.example/", init))).text();
    expect(seen).toEqual([
      [true, "1", "7", false],
      [true, "1", "7", false],
    ]);
  });
});

describe("a stream on h3 2", () => {
  it("is refused on HTTP/2 without a warning by Node", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on("warning", onWarning);
    const sluice = createSluice();
    const sse = sluiceH3({ sluice });
    const app = new h3v2.H3().get("/", (event) => sse(event, once));
    const server = await serve(createHttp2Server(toNodeHandler(app) as never), fetchHttp2);
    await sluice.drain({ timeout: 0, pace: 0 });
    const response = await server.fetch("/");
    expect([response.status, response.headers.get("connection")]).toEqual([503, null]);
    await response.text();
    await server.close();
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });

  it("keeps its own content type and caching rules, and joins both values of vary", async () => {
    await using sluice = createSluice({ compress: true });
    const sse = sluiceH3({ sluice });
    const app = new h3v2.H3();
    app.use((event) => {
      event.res.headers.set("content-type", "application/json");
      event.res.headers.set("cache-control", "max-age=60");
      event.res.headers.set("vary", "origin");
    });
    app.get("/", (event) => sse(event, once));
    const { headers } = await app.fetch(new Request("http://desk.example/"));
    expect(headers.get("content-type")).toBe("text/event-stream");
    expect(headers.get("cache-control")).toBe("no-cache, no-transform");
    expect(headers.get("vary")).toBe("origin, accept-encoding");
  });

  it("carries the headers that a middleware sets after the handler", async () => {
    await using sluice = createSluice();
    const app = new h3v2.H3();
    app.use(async (event, next) => {
      const body = await next();
      event.res.headers.set("x-after", "1");
      return body;
    });
    app.get("/", (event) => sluiceH3({ sluice })(event, once));
    const server = await serve(createServer(toNodeHandler(app)));
    await using stream = await readEventStream(await server.fetch("/"));
    expect(stream.response.headers.get("x-after")).toBe("1");
    await server.close();
  });
});
