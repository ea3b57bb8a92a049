import { describe, expect, it, vi } from "vitest";
import { type EventStream, EventStreamError, openEventStream, type StreamState } from "../../../src/client/index.ts";
import { startScriptedServer } from "../../../src/testing/index.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";
import { block, QUICK } from "./support/quick.ts";

/** Collects the data of the next events of an iteration. */
async function take(stream: EventStream, count: number): Promise<unknown[]> {
  const data: unknown[] = [];
  for await (const event of stream) if (data.push(event.data) === count) break;
  return data;
}

describe("an event stream", () => {
  it("passes events to an iteration, with type, data and position", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url);
    const events: unknown[] = [];
    const over = (async () => {
      for await (const event of stream) if (events.push(event) === 3) break;
    })();
    await (await server.next()).send('data: no type\n\nevent: a\nid: 7\ndata: {"n":1}\n\nevent: b\ndata: [2]\n\n');
    await over;
    expect(events).toEqual([
      { type: "message", data: "no type", id: "" },
      { type: "a", data: { n: 1 }, id: "7" },
      { type: "b", data: [2], id: "7" },
    ]);
  });

  it("passes every event to every listener of its type, also several that arrive in one turn", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream<{ a: number; b: number }>(server.url);
    const seen: string[] = [];
    stream.on("a", (data, event) => seen.push(`first ${data} ${event.id}`));
    stream.on("a", (data) => seen.push(`second ${data}`));
    stream.on("b", (data) => seen.push(`b ${data}`));
    await (await server.next()).send(block(1, 1, "a") + block(2, 2, "b") + block(3, 3, "a"));
    await until("all events have arrived", () => seen.length === 5);
    expect(seen).toEqual(["first 1 1", "second 1", "b 2", "first 3 3", "second 3"]);
  });

  it("calls a listener no more once it was removed, not even for the event in hand", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url);
    const seen: unknown[] = [];
    stream.on("n", (data) => {
      if (data === 2) remove();
    });
    const remove = stream.on("n", (data) => seen.push(data));
    stream.on("n", (data) => seen.push(`last ${data}`));
    await (await server.next()).send(block(1) + block(2) + block(3));
    await until("the last listener is done", () => seen.includes("last 3"));
    expect(seen).toEqual([1, "last 1", "last 2", "last 3"]);
  });

  it("keeps events until a listener or an iteration comes", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url);
    await (await server.next()).send(block(1) + block(2));
    await until("the stream is open", () => stream.state === "open");
    await turns(20);
    expect(stream.lastEventId).toBe("");
    expect(await take(stream, 2)).toEqual([1, 2]);
  });

  it("passes a failure of a listener to onError, and the event to the other listeners", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    await using stream = openEventStream(server.url, { onError });
    const seen: unknown[] = [];
    stream.on("n", () => {
      throw new Error("thrown");
    });
    stream.on("n", async () => {
      throw new Error("rejected");
    });
    stream.on("n", (data) => seen.push(data));
    await (await server.next()).send(block(1) + block(2));
    await until("both events have arrived", () => seen.length === 2);
    await until("the failures were reported", () => onError.mock.calls.length === 4);
    expect(onError.mock.calls.map(([error, { stage }]) => `${stage}: ${error.message}`).sort()).toEqual([
      "listener: rejected",
      "listener: rejected",
      "listener: thrown",
      "listener: thrown",
    ]);
    expect(stream.lastEventId).toBe("2");
  });

  it("reports its states, and an error of their listeners to onError", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    await using stream = openEventStream(server.url, { ...QUICK, onError });
    const states: StreamState[] = [];
    expect(stream.state).toBe("connecting");
    stream.onStateChange(() => {
      throw new Error("of the state");
    });
    const remove = stream.onStateChange((state) => states.push(state));
    (await server.next()).end();
    (await server.next()).open();
    await until("the stream is open again", () => states.length === 4);
    await stream.close();
    expect(states).toEqual(["open", "waiting", "connecting", "open", "closed"]);
    expect(onError).toHaveBeenCalledWith(new Error("of the state"), { stage: "callback" });
    remove();
  });

  it("reports the rejections of state listeners to onError, and those of onError to the console", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const onError = vi.fn(async (error: unknown) => {
      throw error;
    });
    const stream = openEventStream("http://127.0.0.1:9/", { onError });
    stream.onStateChange(async () => {
      throw new Error("of the state");
    });
    await stream.close();
    await until("both were reported", () => log.mock.calls.length === 1);
    expect(onError.mock.calls).toEqual([[new Error("of the state"), { stage: "callback" }]]);
    expect(log.mock.calls).toEqual([[new Error("of the state")]]);
    log.mockRestore();
  });

  it("reports a state that a listener has changed to the listeners after it once, as the newest", async () => {
    await using server = await startScriptedServer({ otherwise: (connection) => connection.open() });
    const stream = openEventStream(server.url);
    const seen: string[] = [];
    stream.onStateChange((state) => {
      seen.push(`first: ${state}`);
      if (state === "open") void stream.close();
    });
    const remove = stream.onStateChange((state) => {
      seen.push(`second: ${state}`);
      remove();
      stream.onStateChange((next) => seen.push(`added: ${next}`));
    });
    stream.onStateChange((state) => seen.push(`third: ${state}`));
    await stream.closed;
    expect(seen).toEqual(["first: open", "first: closed", "second: closed", "third: closed"]);
  });

  it("ends iterations, cancels the request and resolves `closed` when it is closed", async () => {
    await using server = await startScriptedServer();
    const stream = openEventStream(server.url);
    const first = stream[Symbol.asyncIterator]().next();
    const connection = await server.next();
    connection.open();
    await until("the stream is open", () => stream.state === "open");
    await stream.close();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(await stream.closed).toEqual({ type: "closed" });
    expect(stream.state).toBe("closed");
    await connection.gone();
    expect(await take(stream, 1)).toEqual([]);
    stream.reconnect();
    await stream.close();
    expect(stream.state).toBe("closed");
  });

  it("is closed by its signal, with the signal's reason, also if that has aborted before", async () => {
    await using server = await startScriptedServer();
    const controller = new AbortController();
    const stream = openEventStream(server.url, { signal: controller.signal });
    const connection = await server.next();
    controller.abort("enough");
    expect(await stream.closed).toEqual({ type: "closed", reason: "enough" });
    await connection.gone();
    const other = openEventStream(server.url, { signal: controller.signal });
    expect(other.state).toBe("closed");
    expect(await other.closed).toEqual({ type: "closed", reason: "enough" });
    await turns(20);
    expect(server.connections).toHaveLength(1);
  });

  it("is closed when its last iteration leaves, but not while a listener remains", async () => {
    await using server = await startScriptedServer({ otherwise: (each) => each.send(block(1) + block(2)) });
    await using stream = openEventStream(server.url);
    const remove = stream.on("other", () => undefined);
    expect(await take(stream, 1)).toEqual([1]);
    expect(stream.state).toBe("open");
    remove();
    expect(await take(stream, 1)).toEqual([2]);
    expect(await stream.closed).toEqual({ type: "closed" });
  });

  it("gives no event after it was closed in a listener", async () => {
    await using server = await startScriptedServer();
    const stream = openEventStream(server.url);
    const seen: unknown[] = [];
    stream.on("n", (data) => {
      seen.push(data);
      void stream.close();
    });
    stream.on("n", (data) => seen.push(`other ${data}`));
    await (await server.next()).send(block(1) + block(2));
    await stream.closed;
    await turns(20);
    expect(seen).toEqual([1]);
  });

  it("throws the failure in its iterations, once, and reports it if there is none", async () => {
    const onError = vi.fn();
    await using server = await startScriptedServer({ otherwise: (each) => each.answer(404, { body: "gone" }) });
    const stream = openEventStream(server.url, { onError });
    const iteration = stream[Symbol.asyncIterator]();
    const failure = await iteration.next().catch((error) => error);
    expect(failure).toBeInstanceOf(EventStreamError);
    expect(failure).toMatchObject({ code: "STREAM_FAILED", status: 404, body: "gone" });
    expect(await iteration.next()).toEqual({ done: true, value: undefined });
    await expect(take(stream, 1)).rejects.toBe(failure);
    expect(onError).not.toHaveBeenCalled();
    const other = openEventStream(server.url, { onError });
    expect(await other.closed).toMatchObject({ type: "status", status: 404, body: "gone" });
    expect(onError).toHaveBeenCalledWith(expect.any(EventStreamError), { stage: "stream" });
  });

  it("answers calls of next() that were made ahead, in order", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url);
    const iteration = stream[Symbol.asyncIterator]();
    const calls = [iteration.next(), iteration.next(), iteration.next()];
    await (await server.next()).send(block(1) + block(2) + block(3) + block(4));
    expect((await Promise.all(calls)).map(({ value }) => value?.data)).toEqual([1, 2, 3]);
    expect(stream.lastEventId).toBe("2");
    expect((await iteration.next()).value?.data).toBe(4);
  });
});
