import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { type CloseReason, createSluice, type NodeResponse } from "../../src/index.ts";
import { RawClient } from "../support/raw-client.ts";
import { readGzip } from "../support/seen-stream.ts";
import { Site } from "../support/site.ts";
import { EndlessSource, ParkedSource } from "../support/sources.ts";
import { startServer } from "../support/test-server.ts";
import { until } from "../support/until.ts";
import { compressing } from "./middlewares.ts";

/** Something that stands in for a socket, as a tunnel does: one write at a time, which is checked. */
class Tunnel extends Duplex {
  readonly #socket: Socket;
  #isWriting = false;
  overlaps = 0;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on("data", (bytes) => this.push(bytes));
    socket.on("close", () => this.destroy());
    socket.on("error", () => undefined);
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    if (this.#isWriting) this.overlaps++;
    this.#isWriting = true;
    // Takes its time, so that whoever does not wait is found out.
    this.#socket.write(bytes, (error) => {
      setTimeout(() => {
        this.#isWriting = false;
        callback(error);
      }, 1);
    });
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }
}

describe("a stream on HTTP/1.1", () => {
  it("behind a compression middleware arrives event by event", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const { answer } = site;
    site.answer = (request, response) => {
      compressing(response);
      answer(request, response);
    };
    const client = await site.get({ keep: true });
    expect(client.response.headers).toMatchObject({ "content-encoding": "gzip" });
    await until("the opening has come", () => readGzip(client.stream.body).retries.length === 1);
    for (let i = 0; i < 5; i++) {
      await channel.publish("n", i);
      await until("the event has come", () => readGzip(client.stream.body).events.length === i + 1);
    }
    client.close();
    await until("it has ended", () => site.reasons.length > 0);
    expect(site.reasons).toEqual(["client"]);
  });

  it("whose connection is a stream that stands in for a socket writes once at a time, and in order", async () => {
    const sluice = createSluice();
    const source = new EndlessSource(8_000);
    const server = createServer((request, response) => {
      void sluice.stream(request, response as NodeResponse, source);
    });
    const tunnels: Tunnel[] = [];
    const outside = createTcpServer((socket) => {
      const tunnel = new Tunnel(socket);
      tunnels.push(tunnel);
      server.emit("connection", tunnel);
    });
    outside.listen(0, "127.0.0.1");
    await once(outside, "listening");
    using client = new RawClient((outside.address() as AddressInfo).port).send();
    await until("much has come", () => client.stream.events.length > 1_000);
    const numbers = client.stream.events.map(({ data }) => Number.parseInt(data, 10));
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(tunnels.map(({ overlaps }) => overlaps)).toEqual([0]);
    client.close();
    await until("it has ended", () => sluice.connections().length === 0);
    expect(source.returned).toBe(1);
    outside.close();
    await sluice.close();
  });

  it("for a POST whose body was read is found out when its client half-closes", async () => {
    await using site = await Site.open({ heartbeat: 100 });
    const source = new ParkedSource();
    site.source = source;
    const { answer } = site;
    site.answer = (request, response) => {
      request.resume().on("end", () => answer(request, response));
    };
    const client = site.ask({ method: "POST", headers: { "content-length": "0" } });
    await until("it is open", () => client.hasHead);
    client.halfClose();
    await until("it has ended", () => site.reasons.length > 0);
    expect(site.reasons).toEqual(["client"]);
    expect(source.returned).toBe(1);
  });

  it("that was half-closed with bytes in it gives back its connection when they are not read", async () => {
    await using site = await Site.open({ stallTimeout: 200, highWaterMark: 4_096 });
    site.source = new EndlessSource(16_000);
    const client = site.ask({ paused: true });
    await until("it is held up", () => site.sluice.connections()[0]?.state === "lagging");
    client.halfClose();
    await until("it has ended", () => site.reasons.length > 0);
    await until("its connection is gone", () => site.sockets.size === 0);
    expect(site.reasons).toEqual(["client"]);
  });

  it("is not disturbed by a server that has a time limit for idle sockets, as long as it has heartbeats", async () => {
    await using site = await Site.open({ heartbeat: 40 });
    site.source = new ParkedSource();
    const { answer } = site;
    site.answer = (request, response) => {
      (response as ServerResponse).setTimeout(200);
      answer(request, response);
    };
    const client = await site.get();
    await until("more heartbeats have come than that time allows", () => client.stream.comments.length > 12);
    expect(site.reasons).toEqual([]);
  });

  it("is ended by the client's own connection limit without harm to the server", async () => {
    await using site = await Site.open();
    site.source = () => new ParkedSource();
    const socket = connect(site.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\nnot HTTP at all\r\n\r\n");
    await until("the server has ended it", () => site.reasons.length > 0);
    expect(site.reasons).toEqual(["client"]);
    socket.destroy();
  });
});

describe("a stream on HTTP/2", () => {
  it("whose connection takes nothing more at all is let go of when it has stalled", async () => {
    const sluice = createSluice({ stallTimeout: 150 });
    const source = new EndlessSource(16_000);
    let reason: CloseReason | undefined;
    let isClosed = false;
    await using server = await startServer((request, response) => {
      response.on("close", () => {
        isClosed = true;
      });
      void sluice.stream(request, response as NodeResponse, source).then((ended) => {
        reason = ended;
      });
    }, "http2");
    const socket = connect(server.port, "127.0.0.1");
    // Flow control must not be what stops it.
    const settings = { initialWindowSize: 2 ** 30 };
    const session = connectHttp2("http://localhost", { createConnection: () => socket, settings });
    session.on("error", () => undefined);
    session.on("connect", () => session.setLocalWindowSize(2 ** 30));
    const request = session.request();
    request.on("error", () => undefined);
    request.resume();
    await once(request, "response");
    (socket as unknown as { _handle: { readStop(): void } })._handle.readStop();
    await until("it is ended", () => reason !== undefined);
    expect(reason).toBe("stalled");
    await until("its response is closed", () => isClosed);
    await sluice.drain({ timeout: 60_000 });
    session.destroy();
  });
});
