import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createSluice } from "../../src/index.ts";
import { openEventStream } from "../../src/testing/index.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server with one handler, and its address. */
async function serverOf(handler: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** A response whose body comes in these pieces, and then ends, unless told otherwise. */
function responseOf(pieces: readonly string[], { end = true } = {}): Response {
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      if (end) controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

describe("openEventStream()", () => {
  it("opens an address like a browser would, and reads event by event", async () => {
    const sluice = createSluice({ retry: 5_000 });
    const orders = sluice.channel<{ placed: { id: number } }>("orders");
    const address = await serverOf((req, res) => sluice.stream(req, res, orders.subscribe()));
    await using stream = await openEventStream(address);
    const id = await orders.publish("placed", { id: 1 });
    expect(await stream.next()).toEqual({ type: "placed", data: '{"id":1}', lastEventId: id });
    expect(stream.lastEventId).toBe(id);
    expect(stream.retry).toBeGreaterThanOrEqual(4_000);
    expect(stream.comments).toEqual([""]);
    expect(stream.response.status).toBe(200);
  });

  it("sends the headers and the last event ID, as its UTF-8 bytes", async () => {
    const seen: unknown[] = [];
    const address = await serverOf((req, res) => {
      seen.push(
        req.headers.accept,
        req.headers.authorization,
        Buffer.from(req.headers["last-event-id"] as string, "latin1"),
      );
      res.writeHead(200, { "content-type": "text/event-stream" }).end();
    });
    await using stream = await openEventStream(address, {
      headers: { authorization: "Bearer x" },
      lastEventId: "größe-7",
    });
    expect(seen).toEqual(["text/event-stream", "Bearer x", Buffer.from("größe-7")]);
    expect(stream.lastEventId).toBe("größe-7");
  });

  it("sends no last event ID when it is empty", async () => {
    const address = await serverOf((req, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${"last-event-id" in req.headers}\n\n`);
    });
    await using stream = await openEventStream(address, { lastEventId: "" });
    expect((await stream.next()).data).toBe("false");
  });

  it("rejects when the answer is no event stream, and says what it is", async () => {
    const address = await serverOf((_req, res) =>
      res.writeHead(404, { "content-type": "text/plain" }).end("No such job."),
    );
    await expect(openEventStream(address)).rejects.toThrow(
      "Expected an event stream, but the answer is 404, text/plain: No such job.",
    );
    await expect(openEventStream(new Response(null, { status: 204 }))).rejects.toThrow("the answer is 204, no type");
  });

  it("rejects when no answer comes in time, and gives up the request", async () => {
    let gaveUp!: Promise<void>;
    const address = await serverOf((_req, res) => {
      gaveUp = new Promise((resolve) => res.on("close", resolve));
    });
    await expect(openEventStream(address, { timeout: 50 })).rejects.toThrow("No answer came from");
    await gaveUp;
  });

  it("closes, by close(), by its signal and by `await using`, like a client that goes away", async () => {
    const sluice = createSluice();
    const reasons: Promise<string>[] = [];
    const address = await serverOf((req, res) =>
      reasons.push(sluice.stream(req, res, sluice.channel("c").subscribe())),
    );
    const controller = new AbortController();
    const byMethod = await openEventStream(address);
    await openEventStream(address, { signal: controller.signal });
    {
      await using _byScope = await openEventStream(address);
    }
    await byMethod.close();
    await byMethod.close();
    controller.abort();
    expect(await Promise.all(reasons)).toEqual(["client", "client", "client"]);
    await expect(byMethod.next()).rejects.toThrow("the event stream has ended");
  });

  it.each([
    [{ timeout: 0 }, "`timeout` must be"],
    [{ lastEventId: 7 }, "`lastEventId` must be a string"],
    [{ header: {} }, "no option `header`"],
  ])("refuses the options %j", async (options, message) => {
    await expect(openEventStream(responseOf([]), options as never)).rejects.toThrow(message);
  });
});

describe("an open event stream", () => {
  it("gives the next event that a predicate takes", async () => {
    await using stream = await openEventStream(
      responseOf(["data: a\n\ndata: b\n\nev", "ent: x\ndata: c\n\ndata: d\n\n"]),
    );
    expect((await stream.next(({ type }) => type === "x")).data).toBe("c");
    expect((await stream.next()).data).toBe("d");
  });

  it("gives as many as are asked for, and the rest once it has ended", async () => {
    await using stream = await openEventStream(responseOf(["data: a\n\ndata: b\n\n", "data: c\n\n", "data: d\n\n"]));
    expect((await stream.take(1)).map(({ data }) => data)).toEqual(["a"]);
    expect((await stream.take(2)).map(({ data }) => data)).toEqual(["b", "c"]);
    expect((await stream.rest()).map(({ data }) => data)).toEqual(["d"]);
    expect(await stream.rest()).toEqual([]);
  });

  it("answers in the order of asking", async () => {
    await using stream = await openEventStream(responseOf(["data: a\n\n", "data: b\n\n", "data: c\n\n"]));
    const events = await Promise.all([stream.next(), stream.next(), stream.next()]);
    expect(events.map(({ data }) => data)).toEqual(["a", "b", "c"]);
  });

  it("says what came instead when an event does not come in time, and goes on after that", async () => {
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (made) => void (controller = made) });
    const send = (text: string) => controller.enqueue(new TextEncoder().encode(text));
    const response = new Response(body, { headers: { "content-type": "text/event-stream" } });
    await using stream = await openEventStream(response, { timeout: 40 });
    send("event: tick\ndata: 1\n\n");
    await expect(stream.next(({ type }) => type === "end")).rejects.toThrow(
      "Expected an event (and dropped: tick); gave up waiting.",
    );
    await expect(stream.rest()).rejects.toThrow("Expected the end of the event stream after 0 events");
    send("data: late\n\n");
    expect((await stream.next()).data).toBe("late");
  });

  it("says so when the stream ends before the event that is asked for", async () => {
    await using stream = await openEventStream(responseOf(["data: a\n\n", "data: unfinished\n"]));
    await expect(stream.take(2)).rejects.toThrow("Expected an event, but the event stream has ended.");
  });

  it("rejects when the connection is cut", async () => {
    const address = await serverOf((_req, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.write("data: a\n\n", () => res.destroy());
    });
    await using stream = await openEventStream(address);
    expect((await stream.next()).data).toBe("a");
    await expect(stream.next()).rejects.toThrow("terminated");
  });

  it("is iterable, and closes when the loop is left", async () => {
    const response = responseOf(["data: a\n\ndata: b\n\n", "data: c\n\n"], { end: false });
    const stream = await openEventStream(response);
    const seen: string[] = [];
    for await (const { data } of stream) {
      seen.push(data);
      if (data === "c") break;
    }
    expect(seen).toEqual(["a", "b", "c"]);
    await expect(stream.next()).rejects.toThrow("the event stream has ended");
    const whole: string[] = [];
    for await (const { data } of await openEventStream(responseOf(["data: a\n\n"]))) whole.push(data);
    expect(whole).toEqual(["a"]);
  });

  it("reads nothing that is not asked for", async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      { pull: (controller) => controller.enqueue(new TextEncoder().encode(`data: ${++pulled}\n\n`)) },
      { highWaterMark: 0 },
    );
    await using stream = await openEventStream(
      new Response(body, { headers: { "content-type": "text/event-stream" } }),
    );
    await stream.take(2);
    expect(pulled).toBe(2);
  });
});
