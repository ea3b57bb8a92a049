import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { createApp, defineEventHandler, toNodeListener, toWebRequest } from "h3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type CloseReason, createSluice, type Sluice } from "../../../src/index.ts";
import { expectRoundBelow } from "../../support/rounds.ts";

const STALL_TIMEOUT_MS = 400;
const HEARTBEAT_MS = 100;

describe("a Response whose body nobody reads, and nobody cancels", () => {
  let sluice: Sluice;
  let closed: Promise<CloseReason>;
  let onClose: (reason: CloseReason) => void;
  beforeEach(() => {
    sluice = createSluice({ heartbeat: HEARTBEAT_MS, stallTimeout: STALL_TIMEOUT_MS });
    closed = new Promise((resolve) => {
      onClose = resolve;
    });
  });
  afterEach(() => sluice.close());

  const open = () =>
    sluice.response(new Request("http://desk.example/"), sluice.channel("orders").subscribe(), { onClose });

  it("stalls if the server dropped the response", async () => {
    await open();
    expect(sluice.health().streams).toBe(1);
    expect(await closed).toBe("stalled");
    expect(sluice.health().streams).toBe(0);
  });

  it("stalls if the server stopped reading a quiet stream, whose next heartbeat then waits", async () => {
    const timeUntilStall = async () => {
      const reason = new Promise<CloseReason>((resolve) => {
        onClose = resolve;
      });
      const { body } = await open();
      const reader = (body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      const began = performance.now();
      expect(await reason).toBe("stalled");
      const ms = performance.now() - began;
      // The bytes that waited are gone: a late reader must not take a cut stream for a whole one.
      await expect(reader.read()).rejects.toThrow("The server cut the event stream.");
      return ms;
    };
    await expectRoundBelow(HEARTBEAT_MS + 3 * STALL_TIMEOUT_MS, timeUntilStall);
  });

  it("stalls if the server stopped reading a busy stream", async () => {
    const { body } = await open();
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const publish = setInterval(() => void sluice.channel("orders").publish("placed", { id: 1 }), 20);
    expect(await closed).toBe("stalled");
    clearInterval(publish);
  });

  it("stays open as long as the server reads a quiet stream", async () => {
    const { body } = await open();
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    const read = async () => {
      while (!(await reader.read()).done);
    };
    const reading = read();
    await new Promise((resolve) => setTimeout(resolve, 3 * STALL_TIMEOUT_MS));
    expect(sluice.health().streams).toBe(1);
    await reader.cancel();
    await reading;
    expect(await closed).toBe("client");
  });

  it("releases the source", async () => {
    const released = vi.fn();
    const source = async function* () {
      try {
        for (;;) {
          yield "tick";
          await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS));
        }
      } finally {
        released();
      }
    };
    await sluice.response(new Request("http://desk.example/"), source, { onClose });
    expect(await closed).toBe("stalled");
    await expect.poll(() => released.mock.calls.length).toBe(1);
  });
});

describe("a Response whose body a server pipes without a signal", () => {
  let sluice: Sluice;
  let closed: Promise<CloseReason>;
  let onClose: (reason: CloseReason) => void;
  beforeEach(() => {
    sluice = createSluice({ heartbeat: HEARTBEAT_MS, stallTimeout: STALL_TIMEOUT_MS });
    closed = new Promise((resolve) => {
      onClose = resolve;
    });
  });
  afterEach(() => sluice.close());

  /** A client of h3 1, which reads the body for ever, and drops it after the client has left. */
  const visitH3 = async () => {
    const app = createApp();
    const orders = sluice.channel("orders");
    app.use(defineEventHandler((event) => sluice.response(toWebRequest(event), orders.subscribe(), { onClose })));
    const server = createServer(toNodeListener(app));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    let text = "";
    const request = get({ port, host: "127.0.0.1", agent: false });
    request.on("response", (response) => response.on("data", (bytes) => (text += bytes)));
    request.on("error", () => undefined);
    await expect.poll(() => text).not.toBe("");
    return { request, received: () => text, close: () => server.close() };
  };

  it("stalls on h3 1 if the client has left", async () => {
    const printed = vi.spyOn(console, "error").mockReturnValue();
    const { request, close } = await visitH3();
    request.destroy();
    expect(await closed).toBe("stalled");
    expect(sluice.health().streams).toBe(0);
    close();
    expect(printed).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it("stays open on h3 1 as long as the client reads", async () => {
    const { request, received, close } = await visitH3();
    const began = received().length;
    await new Promise((resolve) => setTimeout(resolve, 3 * STALL_TIMEOUT_MS));
    expect(sluice.health().streams).toBe(1);
    await sluice.channel("orders").publish("placed", { id: 7 });
    await expect.poll(() => received().slice(began)).toContain('data: {"id":7}');
    request.destroy();
    close();
  });

  it("stays open as long as a Writable of Node takes the bytes", async () => {
    const response = await sluice.response(new Request("http://desk.example/"), sluice.channel("orders").subscribe(), {
      onClose,
    });
    let bytes = 0;
    const sink = new Writable({
      write(chunk, _encoding, done) {
        bytes += chunk.length;
        done();
      },
    });
    const piped = response.body?.pipeTo(Writable.toWeb(sink));
    await new Promise((resolve) => setTimeout(resolve, 3 * STALL_TIMEOUT_MS));
    expect([sluice.health().streams, bytes > 0]).toEqual([1, true]);
    sink.destroy();
    await expect(piped).rejects.toThrow();
    expect(await closed).toBe("client");
  });
});
