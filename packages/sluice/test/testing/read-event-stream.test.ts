import { describe, expect, it } from "vitest";
import { createSluice } from "../../src/index.ts";
import { readEventStream } from "../support/patient-testing.ts";
import { responseOf, serverOf } from "./support/answers.ts";

describe("readEventStream()", () => {
  it("opens a URL as a browser does, and reads event by event", async () => {
    const sluice = createSluice({ retry: 5_000 });
    const orders = sluice.channel<{ placed: { id: number } }>("orders");
    const address = await serverOf((req, res) => sluice.stream(req, res, orders.subscribe()));
    await using stream = await readEventStream(address);
    const id = await orders.publish("placed", { id: 1 });
    expect(await stream.next()).toEqual({ type: "placed", data: '{"id":1}', lastEventId: id });
    expect(stream.lastEventId).toBe(id);
    expect(stream.retry).toBeGreaterThanOrEqual(4_000);
    expect(stream.comments).toEqual(["heartbeat=15000"]);
    expect(stream.response.status).toBe(200);
  });

  it("sends the headers, and the last event ID as UTF-8 bytes", async () => {
    const seen: unknown[] = [];
    const address = await serverOf((req, res) => {
      seen.push(
        req.headers.accept,
        req.headers.authorization,
        Buffer.from(req.headers["last-event-id"] as string, "latin1"),
      );
      res.writeHead(200, { "content-type": "text/event-stream" }).end();
    });
    await using stream = await readEventStream(address, {
      headers: { authorization: "Bearer x" },
      lastEventId: "größe-7",
    });
    expect(seen).toEqual(["text/event-stream", "Bearer x", Buffer.from("größe-7")]);
    expect(stream.lastEventId).toBe("größe-7");
  });

  it("sends no last event ID if it is empty", async () => {
    const address = await serverOf((req, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${"last-event-id" in req.headers}\n\n`);
    });
    await using stream = await readEventStream(address, { lastEventId: "" });
    expect((await stream.next()).data).toBe("false");
  });

  it("rejects if the answer is not an event stream, and shows the answer", async () => {
    const address = await serverOf((_req, res) =>
      res.writeHead(404, { "content-type": "text/plain" }).end("No such job."),
    );
    await expect(readEventStream(address)).rejects.toThrow(
      "Expected an event stream, but the answer is 404, text/plain: No such job.",
    );
    await expect(readEventStream(new Response(null, { status: 204 }))).rejects.toThrow("the answer is 204, no type");
  });

  it("shows the start of an answer that never ends, and closes its connection", async () => {
    let closed!: Promise<void>;
    const address = await serverOf((_req, res) => {
      closed = new Promise((resolve) => res.on("close", resolve));
      res.writeHead(200, { "content-type": "text/html" }).write("<p>a page that goes on");
    });
    await expect(readEventStream(address)).rejects.toThrow("text/html: <p>a page that goes on");
    await closed;
  });

  it.each([
    ["Text/Event-Stream; charset=utf-8", true],
    ["text/event-stream ;x", true],
    ["text/event-stream-2", false],
    ["text/event-streams", false],
  ])("takes the type %j for that of an event stream: %s", async (type, isEventStream) => {
    const opened = readEventStream(new Response("data: 1\n\n", { headers: { "content-type": type } }));
    if (isEventStream) expect(await (await opened).next()).toMatchObject({ data: "1" });
    else await expect(opened).rejects.toThrow(`the answer is 200, ${type}: data: 1`);
  });

  it("takes a Response without a body for a stream that has ended", async () => {
    const response = new Response(null, { headers: { "content-type": "text/event-stream" } });
    expect(await (await readEventStream(response)).rest()).toEqual([]);
  });

  it("rejects with the reason of its signal, of a URL and of a Response alike", async () => {
    const address = await serverOf((_req, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n");
    });
    const headers = { "content-type": "text/event-stream" };
    let cancelled = false;
    const body = new ReadableStream({ cancel: () => void (cancelled = true) });
    for (const from of [address, new Response(body, { headers })]) {
      const controller = new AbortController();
      const stream = await readEventStream(from, { signal: controller.signal });
      const next = expect(stream.next()).rejects.toThrow("of the test");
      controller.abort(new Error("of the test"));
      await next;
    }
    expect(cancelled).toBe(true);
  });

  it.each([undefined, null, 5, {}])("rejects %j in place of a URL or a Response", async (from) => {
    await expect(readEventStream(from as never)).rejects.toThrow("`from` must be a URL or a Response");
  });

  it("rejects if no answer comes in time, and aborts the request", async () => {
    let aborted!: Promise<void>;
    const address = await serverOf((_req, res) => {
      aborted = new Promise((resolve) => res.on("close", resolve));
    });
    await expect(readEventStream(address, { timeout: 50 })).rejects.toThrow(
      /^No answer from http:.* within the time limit\.$/,
    );
    await aborted;
  });

  it("closes the connection by close(), by its signal and by `await using`", async () => {
    const sluice = createSluice();
    const reasons: Promise<string>[] = [];
    const address = await serverOf((req, res) =>
      reasons.push(sluice.stream(req, res, sluice.channel("c").subscribe())),
    );
    const controller = new AbortController();
    const byMethod = await readEventStream(address);
    await readEventStream(address, { signal: controller.signal });
    {
      await using _byScope = await readEventStream(address);
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
    [{ headers: [["a", "b"]] }, "`headers` must be an object of names and texts"],
    [{ headers: { a: 5 } }, "`headers` must be an object of names and texts"],
    [{ signal: {} }, "`signal` must be an AbortSignal"],
  ])("rejects the options %j", async (options, message) => {
    await expect(readEventStream(responseOf([]), options as never)).rejects.toThrow(message);
  });
});
