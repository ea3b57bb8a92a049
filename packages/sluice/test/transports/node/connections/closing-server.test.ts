import { connect as connectHttp2 } from "node:http2";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSluice, type NodeResponse } from "../../../../src/index.ts";
import { ParkedSource } from "../../../support/sources.ts";
import { type ServerKind, startServer } from "../../../support/test-server.ts";
import { until } from "../../../support/until.ts";

const KINDS: readonly ServerKind[] = ["http", "https", "http2", "http2s"];
const SPEAKS_HTTP1: readonly ServerKind[] = ["http", "https", "http2s"];
const SPEAKS_HTTP2: readonly ServerKind[] = ["http2", "http2s"];

/** A server with streams, and a drain that closes it. */
async function serve(kind: ServerKind) {
  const errors: unknown[] = [];
  const sluice = createSluice({ onError: (error) => void errors.push(error) });
  const parked: NodeResponse[] = [];
  const server = await startServer((request, response) => {
    if (request.url === "/stream") void sluice.stream(request, response as NodeResponse, new ParkedSource());
    else if (request.url === "/slow") parked.push(response as NodeResponse);
    else response.end("{}");
  }, kind);
  let isClosed = false;
  server.server.on("close", () => {
    isClosed = true;
  });
  onTestFinished(async () => {
    await sluice.close();
    await server[Symbol.asyncDispose]();
  });
  const { port } = server;
  const isTls = kind === "https" || kind === "http2s";
  return {
    sluice,
    server: server.server,
    sockets: server.sockets,
    parked,
    errors,
    isClosed: () => isClosed,
    connectTcp: () => new Client(connectPlain(port, "127.0.0.1")),
    connect: () =>
      new Client(
        isTls
          ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] })
          : connectPlain(port, "127.0.0.1"),
      ),
    openSession() {
      const session = connectHttp2(`${isTls ? "https" : "http"}://127.0.0.1:${port}`, { rejectUnauthorized: false });
      session.on("error", () => undefined);
      onTestFinished(() => session.destroy());
      return session;
    },
  };
}

/** A client of HTTP/1.1 on a bare socket. */
class Client {
  received = "";
  closed = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => {
      this.received += bytes.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.closed = true;
    });
    onTestFinished(() => void socket.destroy());
  }

  get(path: string, headers = ""): this {
    this.#socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`);
    return this;
  }

  async answered(): Promise<this> {
    await until("an answer has arrived", () => this.received.includes("\r\n\r\n"));
    return this;
  }
}

describe("drain() with a server", () => {
  it.each(KINDS)("of %s closes connections that have sent nothing", async (kind) => {
    const site = await serve(kind);
    const silent = [site.connectTcp(), ...(kind === "http2" ? [] : [site.connect(), site.connect()])];
    await until("the server has them", () => site.sockets.size >= silent.length);
    await new Promise((resolve) => setTimeout(resolve, 100)); // TLS has made its handshake
    await site.sluice.drain({ server: site.server, timeout: 60_000 });
    expect(site.isClosed()).toBe(true);
    await until("the clients are notified", () => silent.every(({ closed }) => closed));
    expect(site.errors).toEqual([]);
  });

  it.each(SPEAKS_HTTP1)("of %s closes used connections, and those of streams", async (kind) => {
    const site = await serve(kind);
    const used = await site.connect().get("/json").answered();
    const stream = await site.connect().get("/stream").answered();
    await site.sluice.drain({ server: site.server, timeout: 60_000, pace: 0 });
    expect(site.isClosed()).toBe(true);
    await until("the clients are notified", () => used.closed && stream.closed);
    expect(stream.received).toMatch(/retry: \d+\n\n\r\n0\r\n\r\n$/);
  });

  it.each(SPEAKS_HTTP1)("of %s lets a request in flight finish, and then closes its connection", async (kind) => {
    const site = await serve(kind);
    const slow = site.connect().get("/slow");
    await until("the request has arrived", () => site.parked.length === 1);
    let isDrained = false;
    const drained = site.sluice.drain({ server: site.server, timeout: 60_000 }).then(() => {
      isDrained = true;
    });
    await until("the server listens no more", () => !site.server.listening);
    expect([isDrained, slow.closed]).toEqual([false, false]);
    site.parked[0]?.end("late");
    await drained;
    expect(site.isClosed()).toBe(true);
    await until("the client is notified", () => slow.closed);
    expect(slow.received).toContain("late");
  });

  it.each(SPEAKS_HTTP1)("of %s answers while it drains, each time with the end of the connection", async (kind) => {
    const site = await serve(kind);
    const streams = await Promise.all(Array.from({ length: 10 }, () => site.connect().get("/stream").answered()));
    const unused = site.connect();
    await until("the server has them", () => site.sockets.size === 11);
    const drained = site.sluice.drain({ server: site.server, timeout: 60_000, pace: 5_000 });
    for (const client of [unused.get("/json"), site.connect().get("/json"), site.connect().get("/stream")]) {
      await until("the connection has ended", () => client.closed);
      expect(client.received).toMatch(/^connection: close\r$/im);
    }
    expect(site.server.listening).toBe(true);
    await drained;
    await until("the streams have ended", () => streams.every(({ closed }) => closed));
  });

  it.each(SPEAKS_HTTP2)("of %s closes sessions on which no stream was requested", async (kind) => {
    const site = await serve(kind);
    const first = site.openSession();
    first.request({ ":path": "/stream" }).resume();
    await until("the stream is open", () => site.sluice.stats().streams === 1);
    const silent = site.openSession();
    await until("the session is open", () => site.sockets.size === 2);
    await new Promise((resolve) => setTimeout(resolve, 100)); // TLS has made its handshake
    await site.sluice.drain({ server: site.server, timeout: 60_000, pace: 0 });
    expect(site.isClosed()).toBe(true);
    await until("the sessions have ended", () => first.destroyed && silent.destroyed);
  });

  it.each(SPEAKS_HTTP2)("of %s sends GOAWAY to an earlier session at its next request", async (kind) => {
    const site = await serve(kind);
    const earlier = site.openSession();
    let goaways = 0;
    earlier.on("goaway", () => goaways++);
    const json = earlier.request({ ":path": "/json" }).resume();
    await until("the answer has arrived", () => json.destroyed);
    const first = site.openSession();
    first.request({ ":path": "/stream" }).resume();
    await until("the stream is open", () => site.sluice.stats().streams === 1);
    const drained = site.sluice.drain({ server: site.server, timeout: 60_000, pace: 300 });
    const second = earlier.request({ ":path": "/json" });
    let body = "";
    second.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    await until("the session has ended", () => earlier.destroyed);
    expect([body, goaways > 0]).toEqual(["{}", true]);
    await drained;
    expect(site.isClosed()).toBe(true);
  });

  it.each(KINDS)("of %s cuts everything that is left at the timeout", async (kind) => {
    const site = await serve(kind);
    const speaksHttp2 = kind === "http2";
    const slow = speaksHttp2 ? site.openSession().request({ ":path": "/slow" }) : site.connect().get("/slow");
    if ("on" in slow) slow.on("error", () => undefined);
    await until("the request has arrived", () => site.parked.length === 1);
    await site.sluice.drain({ server: site.server, timeout: 300 });
    await until("the server is closed", site.isClosed);
    await until("the client is notified", () => ("destroyed" in slow ? slow.destroyed : slow.closed));
  });

  it("closes several servers, and one that does not listen", async () => {
    const [one, two] = [await serve("http"), await serve("https")];
    const never = await serve("http");
    await new Promise((resolve) => never.server.close(resolve));
    await one.sluice.drain({ server: [one.server, two.server, never.server] });
    expect([one.isClosed(), two.isClosed()]).toEqual([true, true]);
  });

  it("by default of the Sluice, and twice at once, closes it once", async () => {
    const site = await serve("http");
    const sluice = createSluice({ drain: { server: site.server } });
    await Promise.all([sluice.drain(), sluice.drain(), sluice.drain({ server: site.server })]);
    expect(site.isClosed()).toBe(true);
    expect(site.server.listenerCount("request")).toBe(2);
    await sluice.close();
  });
});

describe("a connection that has sent no request when a drain begins", () => {
  it.each([1, 2, 3, 4, 5])("is never used again after a refusal (%i)", async (run) => {
    const site = await serve("http");
    await site.connect().get("/stream").answered();
    const early = [site.connect(), site.connect()];
    await until("the server has them", () => site.sockets.size === 3);
    await site.sluice.drain({ pace: 0 });
    for (const [index, client] of early.entries()) {
      const accept = (run + index) % 2 === 0 ? "accept: text/event-stream\r\n" : "";
      client.get("/stream", accept).get("/stream", accept).get("/stream", accept);
      await until("the connection has ended", () => client.closed);
      expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual([accept === "" ? "HTTP/1.1 503" : "HTTP/1.1 200"]);
    }
  });
});
