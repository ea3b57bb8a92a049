import { describe, expect, test, vi } from "vitest";
import { SluiceError } from "../../src/base/sluice-error.ts";
import type { Log } from "../../src/logs/log.ts";
import { memoryLog } from "../../src/logs/memory/memory-log.ts";
import { channelWorld, openWorld, read, turns } from "./channel-world.ts";

function brokenLog(log: object): object {
  const fail = () => Promise.reject(new Error("disk full"));
  return new Proxy(log, {
    get(target, name) {
      if (name === "append" || name === "read") return fail;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("publishing", () => {
  test("resolves to the event ID that subscribers see", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    const id = await channel.publish("placed", { n: 1 });
    await turns();
    subscriber.take();
    expect(subscriber.seen).toEqual([{ type: "placed", data: '{"n":1}', lastEventId: id }]);
    expect(id).toMatch(/^[0-9a-z]+-1$/);
  });

  test("takes the data as it is at the time of the call", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    const data = { n: 1 };
    const published = channel.publish("placed", data);
    data.n = 2;
    await published;
    await turns();
    expect(read(subscriber)).toEqual([{ n: 1 }]);
  });

  test("keeps the order of calls that are not awaited", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    for (let n = 0; n < 200; n++) void channel.publish("placed", n);
    await turns();
    expect(read(subscriber)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  test("writes strings as they are, and everything else as JSON", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    for (const data of ["plain\ntext", null, 0, false, [1], { a: undefined }]) await channel.publish("placed", data);
    await turns();
    subscriber.take();
    expect(subscriber.seen.map(({ data }) => data)).toEqual(["plain\ntext", "null", "0", "false", "[1]", "{}"]);
  });

  test("an event with the publisher's own ID is not published twice", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    expect(await channel.publish("placed", 1, { id: "order/1" })).toBe("order/1");
    expect(await channel.publish("placed", 1, { id: "order/1" })).toBe("order/1");
    await turns();
    expect(read(subscriber)).toEqual([1]);
  });

  test.each([
    ["undefined data", "placed", undefined, {}, "INVALID_DATA"],
    ["a function", "placed", () => 1, {}, "INVALID_DATA"],
    ["a BigInt", "placed", 1n, {}, "INVALID_DATA"],
    ["an empty type", "", 1, {}, "INVALID_FIELD"],
    ["a type with a line end", "a\nb", 1, {}, "INVALID_FIELD"],
    ["the type of gap events", "gap", 1, {}, "INVALID_FIELD"],
    ["an ID with a line end", "placed", 1, { id: "a\rb" }, "INVALID_FIELD"],
    ["an ID with NUL", "placed", 1, { id: "a\0b" }, "INVALID_FIELD"],
    ["an ID with space around it", "placed", 1, { id: " a" }, "INVALID_FIELD"],
    ["an ID with a control character", "placed", 1, { id: "a\tb" }, "INVALID_FIELD"],
    ["an empty ID", "placed", 1, { id: "" }, "INVALID_FIELD"],
    ["an ID that stands for no position", "placed", 1, { id: "gap" }, "INVALID_FIELD"],
    ["an ID too long for a header", "placed", 1, { id: "x".repeat(513) }, "INVALID_FIELD"],
    ["a fraction of a ms", "placed", 1, { retry: 1.5 }, "INVALID_FIELD"],
    ["no topic at all", "placed", 1, { topics: [] }, "INVALID_FIELD"],
    ["a topic that is everything", "placed", 1, { topics: ["*"] }, "INVALID_FIELD"],
    ["topics that are no array", "placed", 1, { topics: "user:1" }, "INVALID_FIELD"],
    ["data that is too large", "placed", "x".repeat(1_001), {}, "EVENT_TOO_LARGE"],
  ])("refuses %s, and nothing of it is sent", async (_, type, data, options, code) => {
    const { channel, connect } = await openWorld({ maxEventBytes: 1_000 });
    const subscriber = connect(channel.subscribe({ topics: "*" }));
    await expect(channel.publish(type, data, options as never)).rejects.toMatchObject({ name: "SluiceError", code });
    await channel.publish("placed", "after");
    await turns();
    subscriber.take();
    expect(subscriber.seen).toHaveLength(1);
  });

  test("says what the log could not do, and why", async () => {
    const broken = {
      ...memoryLog(),
      open: async (name: string, options: never) => brokenLog(await memoryLog().open(name, options)),
    };
    const { channel } = await openWorld({}, {}, broken as never);
    const refusal = {
      code: "LOG_FAILED",
      message: expect.stringContaining("disk full"),
      cause: { message: "disk full" },
    };
    await expect(channel.publish("placed", 1)).rejects.toMatchObject(refusal);
    await expect(channel.history()).rejects.toMatchObject(refusal);
  });

  test("counts an event once, however often its publisher repeats it", async () => {
    const { channel } = await openWorld();
    for (const id of ["a", "b", "a", "a"]) await channel.publish("placed", 1, { id });
    expect(channel.stats()).toMatchObject({ published: 2, retained: 2 });
  });

  test("counts bytes, not characters, against the limit", async () => {
    const { channel } = await openWorld({ maxEventBytes: 100 });
    await channel.publish("placed", "é".repeat(50));
    await expect(channel.publish("placed", "é".repeat(51))).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
  });

  test("refuses an own ID that looks like one of the log's", async () => {
    const { channel } = await openWorld();
    const position = await channel.position();
    await expect(channel.publish("placed", 1, { id: position })).rejects.toMatchObject({ code: "INVALID_FIELD" });
  });

  test("a channel that is closed while its log is being opened closes the log", async () => {
    let closed = 0;
    let open!: () => void;
    const opening = new Promise<void>((resolve) => {
      open = resolve;
    });
    const log: Log = {
      shared: false,
      open: async (name, options) => {
        await opening;
        const opened = await memoryLog().open(name, options);
        const close = opened.close.bind(opened);
        return Object.assign(opened, {
          close: () => {
            closed++;
            return close();
          },
        });
      },
      close: async () => undefined,
    };
    const { channel } = channelWorld({}, {}, log);
    const over = channel.close();
    open();
    await over;
    expect(closed).toBe(1);
  });

  test("a type that is a word of JavaScript's has no schema by that", async () => {
    const { channel } = await openWorld({ schemas: {} });
    await expect(channel.publish("toString", 1)).resolves.toMatch(/-1$/);
  });

  test("is over when the channel is closed", async () => {
    const { channel } = await openWorld();
    await channel.close();
    await expect(channel.publish("placed", 1)).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("topics", () => {
  test("an event with topics goes only to those who name one of them, live and replayed", async () => {
    const { channel, connect } = await openWorld();
    const start = await channel.position();
    const selections = [{}, { topics: ["user:1"] }, { topics: ["user:2", "user:3"] }, { topics: "*" }] as const;
    const live = selections.map((options) => connect(channel.subscribe(options)));
    await channel.publish("n", "all");
    await channel.publish("n", "one", { topics: ["user:1"] });
    await channel.publish("n", "two", { topics: ["user:2"] });
    await channel.publish("n", "both", { topics: ["user:1", "user:3"] });
    await turns();
    const replayed = selections.map((options) => connect(channel.subscribe(options), start));
    const fromStart = selections.map((options) => connect(channel.subscribe({ ...options, from: "start" })));
    await turns();
    for (const subscribers of [live, replayed, fromStart]) {
      const got = subscribers.map((subscriber) => {
        subscriber.take();
        return subscriber.seen.map(({ data }) => data);
      });
      expect(got).toEqual([["all"], ["all", "one", "both"], ["all", "two", "both"], ["all", "one", "two", "both"]]);
    }
  });

  test("an event for one topic touches no other cohort", async () => {
    const { channel, connect } = await openWorld();
    let asked = 0;
    const filter = () => {
      asked++;
      return true;
    };
    for (let n = 0; n < 50; n++) connect(channel.subscribe({ topics: [`user:${n}`], filter }));
    await channel.publish("n", 1, { topics: ["user:7"] });
    await turns();
    expect(asked).toBe(1);
  });
});

describe("filters", () => {
  test("a filter is asked once for all who share it", async () => {
    const { channel, connect } = await openWorld();
    let asked = 0;
    const filter = (event: { data: unknown }) => {
      asked++;
      return (event.data as number) > 1;
    };
    const subscribers = Array.from({ length: 20 }, () => connect(channel.subscribe({ filter })));
    await channel.publish("n", 1);
    await channel.publish("n", 2);
    await turns();
    expect(asked).toBe(2);
    for (const subscriber of subscribers) expect(read(subscriber)).toEqual([2]);
  });

  test("a filter that publishes, so that what it is being asked about is trimmed, is told of a gap", async () => {
    const { channel, connect, errors } = await openWorld({ retain: { events: 3 }, window: { events: 3 } });
    for (const n of [1, 2, 3]) await channel.publish("n", n);
    let isFirst = true;
    const filter = () => {
      if (isFirst) {
        isFirst = false;
        for (let n = 4; n < 14; n++) void channel.publish("n", n);
      }
      return true;
    };
    const subscriber = connect(channel.subscribe({ from: "start", filter }));
    await turns();
    expect(errors).toEqual([]);
    expect(read(subscriber).slice(-3)).toEqual([11, 12, 13]);
  });

  test("a filter that throws withholds the event, is reported, and harms nobody else", async () => {
    const { channel, connect, errors } = await openWorld();
    const broken = connect(
      channel.subscribe({
        filter: ({ data }) => {
          if (data === 1) throw new Error("cannot decide");
          return true;
        },
      }),
    );
    const other = connect(channel.subscribe());
    await channel.publish("n", 1);
    await channel.publish("n", 2);
    await turns();
    expect(read(broken)).toEqual([2]);
    expect(read(other)).toEqual([1, 2]);
    expect(errors).toMatchObject([
      { error: { message: "cannot decide" }, context: { stage: "filter", channel: "orders" } },
    ]);
  });

  test("what is not true is no: an async filter lets nothing through", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe({ filter: (async () => true) as never }));
    await channel.publish("n", 1);
    await turns();
    expect(read(subscriber)).toEqual([]);
  });

  test("an event published by a filter comes after, to everybody, once", async () => {
    const { channel, connect } = await openWorld();
    let echoed = false;
    const filter = () => {
      if (!echoed) void channel.publish("n", 2);
      return (echoed = true);
    };
    const subscribers = [
      connect(channel.subscribe({ filter })),
      connect(channel.subscribe()),
      connect(channel.subscribe({ topics: ["a"] })),
    ];
    await channel.publish("n", 1);
    await turns();
    for (const subscriber of subscribers) expect(read(subscriber)).toEqual([1, 2]);
  });
});

describe("writing", () => {
  test("what was published goes out before a stream is ended in the same turn", async () => {
    const { channel, connect, hub } = await openWorld();
    const subscriber = connect(channel.subscribe());
    await channel.publish("n", "bye");
    for (const stream of [...hub.streams]) stream.close("drained");
    subscriber.take();
    expect(subscriber.seen.map(({ data }) => data)).toEqual(["bye"]);
  });

  test("a burst is one write per subscriber", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    let writes = 0;
    const { write } = subscriber;
    subscriber.write = function (piece) {
      writes++;
      return write.call(this, piece);
    };
    for (let n = 0; n < 100; n++) void channel.publish("n", n);
    await turns();
    expect(writes).toBe(1);
    expect(read(subscriber)).toHaveLength(100);
  });

  test("equal subscribers get the very same bytes", async () => {
    const { channel, connect } = await openWorld();
    const pieces = new Set<Uint8Array>();
    for (let n = 0; n < 10; n++) {
      const subscriber = connect(channel.subscribe({ topics: ["b", "a"] }));
      const { write } = subscriber;
      subscriber.write = function (piece) {
        pieces.add(piece.bytes);
        return write.call(this, piece);
      };
    }
    await channel.publish("n", 1, { topics: ["a"] });
    await turns();
    expect(pieces.size).toBe(1);
  });

  test("a burst beyond window and retention in one turn reaches those who read", async () => {
    const { channel, connect } = await openWorld({ retain: { events: 20 }, window: { events: 10 } });
    const subscriber = connect(channel.subscribe());
    for (let n = 0; n < 500; n++) void channel.publish("n", n);
    await turns();
    expect(read(subscriber)).toEqual(Array.from({ length: 500 }, (_, n) => n));
    expect(channel.stats()).toMatchObject({ retained: 20, window: { events: 10 } });
  });

  test("flushInterval is kept when something was flushed before its time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { channel, connect } = await openWorld({ flushInterval: 300 });
      const subscriber = connect(channel.subscribe());
      await channel.publish("n", 1);
      vi.advanceTimersByTime(200);
      connect(channel.subscribe());
      expect(read(subscriber)).toEqual([1]);
      await channel.publish("n", 2);
      vi.advanceTimersByTime(200);
      expect(read(subscriber)).toEqual([1]);
      vi.advanceTimersByTime(100);
      expect(read(subscriber)).toEqual([1, 2]);
      await channel.publish("n", 3);
      await channel.close();
      vi.advanceTimersByTime(300);
      expect(read(subscriber)).toEqual([1, 2]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("flushInterval gathers events for longer", async () => {
    const { channel, connect } = await openWorld({ flushInterval: 30 });
    const subscriber = connect(channel.subscribe());
    await channel.publish("n", 1);
    await turns(1);
    expect(read(subscriber)).toEqual([]);
    await expect.poll(() => read(subscriber)).toEqual([1]);
  });
});

describe("options", () => {
  test.each([
    [{ retain: { events: 0 } }, "retain.events"],
    [{ retain: { age: -1 } }, "retain.age"],
    [{ retain: { size: 1 } }, "size"],
    [{ window: { bytes: Number.NaN } }, "window.bytes"],
    [{ latestBy: "type" }, "latestBy"],
    [{ schemas: { placed: {} } }, "schemas.placed"],
    [{ maxEventBytes: 1.5 }, "maxEventBytes"],
    [{ flushInterval: -1 }, "flushInterval"],
    [{ retention: 1 }, "retention"],
  ])("of a channel: %j is refused by name", (options, name) => {
    expect(() => channelWorld(options as never)).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) }),
    );
  });

  test.each([
    [{ topics: "user:1" }, "topics"],
    [{ topics: [] }, "topics"],
    [{ topics: [1] }, "topic"],
    [{ types: "placed" }, "types"],
    [{ types: [""] }, "types"],
    [{ filter: true }, "filter"],
    [{ from: 0 }, "from"],
    [{ from: "" }, "from"],
    [{ initial: "newest" }, "initial"],
    [{ initial: "latest" }, "latestBy"],
    [{ initial: () => [], from: "start" }, "from"],
    [{ topic: ["a"] }, "topic"],
  ])("of a subscription: %j is refused by name", (options, name) => {
    const { channel } = channelWorld();
    expect(() => channel.subscribe(options as never)).toThrowError(SluiceError);
    expect(() => channel.subscribe(options as never)).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) }),
    );
  });

  test.each([[{ topics: "user:1" }], [{ limit: 0 }], [{ limit: 1e6 }], [{ after: 3 }], [{ before: "x" }]])(
    "of history: %j is refused",
    async (options) => {
      const { channel } = await openWorld();
      await expect(channel.history(options as never)).rejects.toMatchObject({ code: "INVALID_OPTION" });
    },
  );
});

describe("history", () => {
  test("gives the newest, or those after an ID, and a position from which a stream goes on", async () => {
    const { channel, connect } = await openWorld();
    const ids: string[] = [];
    for (let n = 1; n <= 5; n++) ids.push(await channel.publish("placed", { n }, n === 2 ? { topics: ["a"] } : {}));
    const newest = await channel.history({ limit: 2 });
    expect(newest).toMatchObject({ gap: undefined, position: ids[4] });
    expect(newest.events.map(({ id, data }) => [id, data])).toEqual([
      [ids[3], { n: 4 }],
      [ids[4], { n: 5 }],
    ]);
    const some = await channel.history({ after: ids[0]!, limit: 2, topics: ["a"] });
    expect(some.events).toMatchObject([
      { type: "placed", topics: ["a"], time: expect.any(Number) },
      { data: { n: 3 } },
    ]);
    const rest = connect(channel.subscribe(), some.position);
    await turns();
    expect(read(rest)).toEqual([{ n: 4 }, { n: 5 }]);
  });

  test("says a gap, and gives what is left", async () => {
    const { channel } = await openWorld({ retain: { events: 2 } });
    const first = await channel.publish("placed", 1);
    for (let n = 2; n <= 5; n++) await channel.publish("placed", n);
    const history = await channel.history({ after: first });
    expect(history.gap).toMatchObject({ reason: "trimmed", lastEventId: first });
    expect(history.events.map(({ data }) => data)).toEqual([4, 5]);
  });

  test("gives no event to those whom it is not for", async () => {
    const { channel } = await openWorld();
    await channel.publish("placed", "all");
    await channel.publish("placed", "one", { topics: ["user:1"] });
    await channel.publish("noted", "two", { topics: ["user:2"] });
    const data = async (options: object) => (await channel.history(options)).events.map((event) => event.data);
    expect(await data({})).toEqual(["all"]);
    expect(await data({ topics: ["user:1"] })).toEqual(["all", "one"]);
    expect(await data({ topics: "*", types: ["noted"] })).toEqual(["two"]);
    expect(await data({ topics: "*", limit: 2 })).toEqual(["one", "two"]);
    expect(await data({ topics: "*", filter: (event: { data: unknown }) => event.data !== "one" })).toEqual([
      "all",
      "two",
    ]);
  });

  test("gives values that nobody else sees changed", async () => {
    const { channel } = await openWorld();
    await channel.publish("placed", { n: 1 });
    const { events } = await channel.history();
    (events[0]!.data as { n: number }).n = 9;
    expect((await channel.history()).events).toMatchObject([{ data: { n: 1 } }]);
  });
});
