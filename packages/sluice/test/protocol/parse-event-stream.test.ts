import { getEventListeners } from "node:events";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type EventStreamSource, type ParsedEvent, parseEventStream } from "../../src/protocol/index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const message = (data: string, lastEventId = ""): ParsedEvent => ({ type: "message", data, lastEventId });

/**
 * Returns a `ReadableStream` of the chunks, and the reasons of its cancellations. With `ends` it ends, else it stays
 * open.
 */
function streamOf(chunks: string[], { ends = false } = {}) {
  const cancelled: unknown[] = [];
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk !== undefined) controller.enqueue(bytes(chunk));
        else if (ends) controller.close();
      },
      cancel: (reason) => void cancelled.push(reason),
    },
    { highWaterMark: 0 },
  );
  return { stream, cancelled };
}

/**
 * Returns an `AsyncIterable` of the chunks that counts calls of `return()`. With `ends` it ends, else it waits for
 * ever.
 */
function iterableOf(chunks: (Uint8Array | string)[], { ends = false } = {}) {
  let isWaiting = () => {};
  const state = { returned: 0, waiting: new Promise<void>((resolve) => (isWaiting = resolve)) };
  const iterator: AsyncIterableIterator<Uint8Array | string> = {
    [Symbol.asyncIterator]: () => iterator,
    next: async () => {
      const value = chunks.shift();
      if (value !== undefined) return { done: false, value };
      if (ends) return { done: true, value: undefined };
      isWaiting();
      return new Promise(() => {});
    },
    return: async () => {
      state.returned++;
      return { done: true, value: undefined };
    },
  };
  return { iterable: iterator, state };
}

async function collect(source: EventStreamSource, options?: Parameters<typeof parseEventStream>[1]) {
  const events: ParsedEvent[] = [];
  for await (const event of parseEventStream(source, options)) events.push(event);
  return events;
}

const CUT = ["data: a\n", "\ndata: b\r\n\r", "\nid: 1\n\nda", "ta: c\n\ndata: incomplete\n"];
const EVENTS = [message("a"), message("b"), message("c", "1")];

describe("parseEventStream", () => {
  it("yields the events of a ReadableStream, and ends with it", async () => {
    const { stream, cancelled } = streamOf([...CUT], { ends: true });
    expect(await collect(stream)).toEqual(EVENTS);
    expect(cancelled).toEqual([]);
  });

  it("yields the events of an AsyncIterable of bytes or text, and does not return it after its end", async () => {
    for (const chunks of [CUT.map(bytes), [...CUT]]) {
      const { iterable, state } = iterableOf(chunks, { ends: true });
      expect(await collect(iterable)).toEqual(EVENTS);
      expect(state.returned).toBe(0);
    }
  });

  it("yields the events of a Node stream and of a Response", async () => {
    expect(await collect(Readable.from(CUT.map(bytes)))).toEqual(EVENTS);
    expect(await collect(new Response(CUT.join("")).body!)).toEqual(EVENTS);
  });

  it("accepts the options of a parser", async () => {
    const retries: number[] = [];
    const { stream } = streamOf(["retry: 7\ndata: a\n\n"], { ends: true });
    const options = { lastEventId: "before", onRetry: (ms: number) => retries.push(ms) };
    expect(await collect(stream, options)).toEqual([message("a", "before")]);
    expect(retries).toEqual([7]);
  });

  it("cancels or returns its source if the loop ends early", async () => {
    const { stream, cancelled } = streamOf(["data: a\n\ndata: b\n\n"]);
    for await (const event of parseEventStream(stream)) {
      expect(event).toEqual(message("a"));
      break;
    }
    expect(cancelled).toEqual([undefined]);

    const { iterable, state } = iterableOf(["data: a\n\n"]);
    const failing = (async () => {
      for await (const { data } of parseEventStream(iterable)) throw new RangeError(data);
    })();
    await expect(failing).rejects.toThrow(new RangeError("a"));
    expect(state.returned).toBe(1);
  });

  it("throws EVENT_TOO_LARGE after the events before it, and cancels its source", async () => {
    const { stream, cancelled } = streamOf([`data: a\n\ndata: ${"x".repeat(50)}`]);
    const events: ParsedEvent[] = [];
    const failing = (async () => {
      for await (const event of parseEventStream(stream, { maxEventBytes: 30 })) events.push(event);
    })();
    await expect(failing).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
    expect(events).toEqual([message("a")]);
    expect(cancelled).toHaveLength(1);
  });

  it("throws the errors of its source", async () => {
    const failing = async function* () {
      yield "data: a\n\n";
      throw new RangeError("source");
    };
    const iterator = parseEventStream(failing());
    expect((await iterator.next()).value).toEqual(message("a"));
    await expect(iterator.next()).rejects.toThrow(new RangeError("source"));
    const errored = new ReadableStream({ start: (controller) => controller.error(new RangeError("stream")) });
    await expect(collect(errored)).rejects.toThrow(new RangeError("stream"));
  });

  it("refuses invalid options at the first next(), before it touches its source", async () => {
    const { stream } = streamOf([]);
    await expect(collect(stream, { maxEventBytes: 0 })).rejects.toMatchObject({ code: "INVALID_OPTION" });
    expect(stream.locked).toBe(false);
  });
});

describe("an abort of parseEventStream", () => {
  it("throws the signal's reason at once while a stream waits, and cancels it with the reason", async () => {
    const controller = new AbortController();
    const { stream, cancelled } = streamOf(["data: a\n\n"]);
    const iterator = parseEventStream(stream, { signal: controller.signal });
    await iterator.next();
    const waiting = iterator.next();
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    expect(cancelled).toEqual(["enough"]);
  });

  it("throws the signal's reason at once while an AsyncIterable waits, and does not wait for its return", async () => {
    const controller = new AbortController();
    const { iterable, state } = iterableOf(["data: a\n\n"]);
    iterable.return = () => {
      state.returned++;
      return new Promise(() => {});
    };
    const failing = collect(iterable, { signal: controller.signal });
    await state.waiting;
    controller.abort();
    await expect(failing).rejects.toMatchObject({ name: "AbortError" });
    expect(state.returned).toBe(1);
  });

  it("yields no more events, not even those that arrived before it", async () => {
    const controller = new AbortController();
    const { stream, cancelled } = streamOf(["data: a\n\ndata: b\n\n"]);
    const seen: string[] = [];
    const failing = (async () => {
      for await (const { data } of parseEventStream(stream, { signal: controller.signal })) {
        seen.push(data);
        controller.abort("enough");
      }
    })();
    await expect(failing).rejects.toBe("enough");
    expect(seen).toEqual(["a"]);
    expect(cancelled).toEqual(["enough"]);
  });

  it("throws also if it came before the first next(), and cancels the source unread", async () => {
    const { stream, cancelled } = streamOf(["data: a\n\n"]);
    await expect(collect(stream, { signal: AbortSignal.abort("before") })).rejects.toBe("before");
    expect(cancelled).toEqual(["before"]);
  });

  it("hides an error of closing the source, and leaves no listener after the iteration", async () => {
    const controller = new AbortController();
    const ended = streamOf(["data: a\n\n"], { ends: true });
    await collect(ended.stream, { signal: controller.signal });
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);

    const { iterable, state } = iterableOf([]);
    iterable.return = () => Promise.reject(new Error("cannot close"));
    const failing = collect(iterable, { signal: controller.signal });
    await state.waiting;
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    controller.abort("enough");
    await expect(failing).rejects.toBe("enough");
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });
});
