import { describe, expect, it } from "vitest";
import { readEventStream } from "../support/patient-testing.ts";
import { responseOf, serverOf } from "./support/answers.ts";

describe("a reader of an event stream", () => {
  it("resolves to the next event for which a predicate returns true", async () => {
    await using stream = await readEventStream(
      responseOf(["data: a\n\ndata: b\n\nev", "ent: x\ndata: c\n\ndata: d\n\n"]),
    );
    expect((await stream.next(({ type }) => type === "x")).data).toBe("c");
    expect((await stream.next()).data).toBe("d");
  });

  it("takes the given number of events, and the rest when the stream has ended", async () => {
    await using stream = await readEventStream(responseOf(["data: a\n\ndata: b\n\n", "data: c\n\n", "data: d\n\n"]));
    expect((await stream.take(1)).map(({ data }) => data)).toEqual(["a"]);
    expect((await stream.take(2)).map(({ data }) => data)).toEqual(["b", "c"]);
    expect((await stream.rest()).map(({ data }) => data)).toEqual(["d"]);
    expect(await stream.rest()).toEqual([]);
  });

  it("takes no number of events that is not whole, or negative", async () => {
    await using stream = await readEventStream(responseOf([]));
    for (const count of [-1, 1.5, Number.NaN])
      await expect(stream.take(count)).rejects.toThrow("`count` must be a whole number of at least 0");
  });

  it("takes no type in place of a predicate", async () => {
    await using stream = await readEventStream(responseOf([]));
    await expect(stream.next("placed" as never)).rejects.toThrow("`predicate` must be a function");
  });

  it("gives concurrent calls their events in call order", async () => {
    await using stream = await readEventStream(responseOf(["data: a\n\n", "data: b\n\n", "data: c\n\n"]));
    const events = await Promise.all([stream.next(), stream.next(), stream.next()]);
    expect(events.map(({ data }) => data)).toEqual(["a", "b", "c"]);
  });

  it("names the dropped events if an event does not come in time, and can be read further", async () => {
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (made) => void (controller = made) });
    const send = (text: string) => controller.enqueue(new TextEncoder().encode(text));
    const response = new Response(body, { headers: { "content-type": "text/event-stream" } });
    await using stream = await readEventStream(response, { timeout: 40 });
    send("event: tick\ndata: 1\n\n");
    await expect(stream.next(({ type }) => type === "end")).rejects.toThrow(
      "Expected an event (and dropped: tick) within the time limit.",
    );
    await expect(stream.rest()).rejects.toThrow("Expected the end of the event stream after 0 events");
    send("data: late\n\n");
    expect((await stream.next()).data).toBe("late");
  });

  it("rejects if the stream ends before the expected event", async () => {
    await using stream = await readEventStream(responseOf(["data: a\n\n", "data: unfinished\n"]));
    await expect(stream.take(2)).rejects.toThrow("Expected an event, but the event stream has ended.");
  });

  it("rejects if the connection is cut", async () => {
    const address = await serverOf((_req, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.write("data: a\n\n", () => res.destroy());
    });
    await using stream = await readEventStream(address);
    expect((await stream.next()).data).toBe("a");
    await expect(stream.next()).rejects.toThrow("terminated");
  });

  it("is iterable, and closes the stream when the loop is left", async () => {
    const response = responseOf(["data: a\n\ndata: b\n\n", "data: c\n\n"], { end: false });
    const stream = await readEventStream(response);
    const seen: string[] = [];
    for await (const { data } of stream) {
      seen.push(data);
      if (data === "c") break;
    }
    expect(seen).toEqual(["a", "b", "c"]);
    await expect(stream.next()).rejects.toThrow("the event stream has ended");
    const whole: string[] = [];
    for await (const { data } of await readEventStream(responseOf(["data: a\n\n"]))) whole.push(data);
    expect(whole).toEqual(["a"]);
  });

  it("reads no further than its caller needs", async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      { pull: (controller) => controller.enqueue(new TextEncoder().encode(`data: ${++pulled}\n\n`)) },
      { highWaterMark: 0 },
    );
    await using stream = await readEventStream(
      new Response(body, { headers: { "content-type": "text/event-stream" } }),
    );
    await stream.take(2);
    expect(pulled).toBe(2);
  });
});
