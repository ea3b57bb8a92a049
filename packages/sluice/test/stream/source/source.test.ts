import { describe, expect, it } from "vitest";
import { createSluice, type Source, type SourceContext, SseItem } from "../../../src/index.ts";
import { Site } from "../../support/site.ts";
import { ParkedSource } from "../../support/sources.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

const request = () => new Request("http://localhost/");

/** Reads the whole body of a stream that ends. */
async function bodyOf(source: Source, event?: string): Promise<string> {
  const sluice = createSluice({ onError: () => undefined });
  const response = await sluice.response(request(), source, event === undefined ? {} : { event });
  return (await response.text()).replace(/^: heartbeat=15000\nretry: \d+\n\n/, "");
}

describe("a source", () => {
  it("that never waits but works long does not block the event loop", async () => {
    await using site = await Site.open();
    let pulls = 0;
    let isOver = false;
    site.source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          pulls++;
          // Half a millisecond of work for a few bytes.
          for (const end = performance.now() + 0.5; performance.now() < end; );
          return { done: isOver, value: "x" };
        },
      }),
    };
    const client = await site.get();
    let most = 0;
    // The first turns belong to a cold start. A busy machine makes few events in a turn.
    while (pulls < 200) {
      const before = pulls;
      await turns(1);
      most = Math.max(most, pulls - before);
    }
    isOver = true;
    // A batch of full size would be thousands of events.
    expect(most).toBeLessThan(100);
    await until("the events have arrived", () => client.stream.events.length >= 200);
  });

  it("that ends within a turn is written in few pieces", async () => {
    await using site = await Site.open();
    site.source = async function* () {
      for (let i = 0; i < 50; i++) yield i;
    };
    const client = await site.get();
    await until("the body has ended", () => client.response.complete);
    expect(client.stream.data).toEqual(Array.from({ length: 50 }, (_, i) => i));
    // The opening, and all events. On a busy machine the turn may take so long that a part of them is sent first.
    expect(client.response.chunks.length).toBeLessThan(10);
  });

  it("that works long for each event sends an event before it makes the next", async () => {
    await using site = await Site.open();
    const made: string[] = [];
    let goOn = () => {};
    site.source = async function* () {
      for (const value of ["a", "b", "c"]) {
        made.push(value);
        yield value;
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
    };
    const client = await site.get();
    for (const count of [1, 2, 3]) {
      await until("the event has arrived", () => client.stream.events.length === count);
      expect(made).toHaveLength(count);
      goOn();
    }
    await until("the body has ended", () => client.response.complete);
  });

  it.each([
    ["strings as they are", ["a", "two\nlines"], "data: a\n\ndata: two\ndata: lines\n\n"],
    [
      "values as JSON",
      [{ a: 1 }, [2], 3, true, null],
      'data: {"a":1}\n\ndata: [2]\n\ndata: 3\n\ndata: true\n\ndata: null\n\n',
    ],
    [
      "an object with the fields of an event as data",
      [{ event: "e", data: "d" }],
      'data: {"event":"e","data":"d"}\n\n',
    ],
    [
      "items with their fields",
      [new SseItem("d", { id: "1", event: "e", retry: 5, comment: "c" })],
      ": c\nevent: e\nid: 1\nretry: 5\ndata: d\n\n",
    ],
    ["items without data but with another field", [new SseItem(undefined, { comment: "c" })], ": c\n\n"],
  ])("sends %s", async (_, items, expected) => {
    const body = await bodyOf(async function* () {
      yield* items;
    });
    expect(body).toBe(expected);
  });

  it("gives items without a type the type of the option", async () => {
    const body = await bodyOf(async function* () {
      yield 1;
      yield new SseItem(2);
      yield new SseItem(3, { event: "own" });
    }, "orders");
    expect(body.match(/^event: .*$/gm)).toEqual(["event: orders", "event: orders", "event: own"]);
  });

  it.each([
    ["undefined", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    ["a BigInt", 1n],
    ["an id with a line end", new SseItem(1, { id: "1\n2" })],
    ["an id with NUL", new SseItem(1, { id: "1\0" })],
    ["a type with a line end", new SseItem(1, { event: "a\rb" })],
    ["a fractional retry", new SseItem(1, { retry: 1.5 })],
  ])("that yields %s ends its stream there, and sends nothing of that item", async (_, item) => {
    const body = await bodyOf(async function* () {
      yield "good";
      yield item;
      yield "never";
    });
    expect(body).toBe("data: good\n\n");
  });

  it("may be made by a function that returns any thenable", async () => {
    const made = (async function* () {
      yield "made";
    })();
    // biome-ignore lint/suspicious/noThenProperty: the thenable under test
    const thenable = { then: (resolve: (source: typeof made) => void) => resolve(made) };
    expect(await bodyOf((() => thenable) as unknown as Source)).toBe("data: made\n\n");
  });

  it("whose next() rejects with the abort is not reported", async () => {
    await using site = await Site.open();
    site.source = async function* ({ signal }: SourceContext) {
      yield 1;
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    const client = await site.get();
    await until("the event has arrived", () => client.stream.events.length === 1);
    client.close();
    await until("the end is reported", () => site.reasons.length === 1);
    await turns(5);
    expect(site.errors).toEqual([]);
  });

  it("whose function fails after the subscriber has left is reported, unless it fails with the abort", async () => {
    await using site = await Site.open();
    const cause = new Error("the database is away");
    const failures = [cause, new DOMException("left", "AbortError")];
    let asked = 0;
    site.source = ({ signal }: SourceContext) => {
      const failure = failures[asked++];
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(failure)));
    };
    for (let i = 1; i <= 2; i++) {
      const client = site.request();
      await until("the function is called", () => asked === i);
      client.close();
      await until("the end is reported", () => site.reasons.length === i);
    }
    await turns(5);
    expect(site.errors).toEqual([{ error: cause, context: { stage: "source" } }]);
  });

  it("that is exhausted ends a second stream at once", async () => {
    await using site = await Site.open();
    site.source = (async function* () {
      yield 1;
    })();
    const first = await site.get();
    await until("the first has ended", () => first.response.complete);
    const second = await site.get();
    await until("the second has ended", () => second.response.complete);
    expect([first.stream.data, second.stream.data]).toEqual([[1], []]);
    expect(site.reasons).toEqual(["source-ended", "source-ended"]);
  });

  it("is returned once, however its stream ends", async () => {
    await using site = await Site.open();
    const source = new ParkedSource();
    site.source = source;
    const client = await site.get();
    site.sluice.disconnect(() => true);
    client.close();
    await until("the connection is gone", () => site.sockets.size === 0);
    expect(source.returned).toBe(1);
    expect(site.reasons).toEqual(["disconnected"]);
  });
});
