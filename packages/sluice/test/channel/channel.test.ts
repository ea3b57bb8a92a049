import { describe, expect, it } from "vitest";
import type { Channel } from "../../src/channel/channel.ts";
import type { Log } from "../../src/logs/log.ts";
import { memoryLog } from "../../src/logs/memory/memory-log.ts";
import { turns } from "../support/turns.ts";
import { channelWorld, openWorld, read } from "./support/channel-world.ts";

function brokenLog(log: object): object {
  const fail = () => Promise.reject(new Error("disk full"));
  return new Proxy(log, {
    get(target, name) {
      if (name === "append" || name === "read" || name === "sync") return fail;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("publishing", () => {
  it("resolves to the event ID that subscribers receive", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    const id = await channel.publish("placed", { n: 1 });
    await turns();
    subscriber.take();
    expect(subscriber.seen).toEqual([{ type: "placed", data: '{"n":1}', lastEventId: id }]);
    expect(id).toMatch(/^[0-9a-z]+-1$/);
  });

  it("copies the data at the time of the call", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    const data = { n: 1 };
    const published = channel.publish("placed", data);
    data.n = 2;
    await published;
    await turns();
    expect(read(subscriber)).toEqual([{ n: 1 }]);
  });

  it("keeps the order of calls that are not awaited", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    for (let n = 0; n < 200; n++) void channel.publish("placed", n);
    await turns();
    expect(read(subscriber)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it("writes strings unchanged and every other value as JSON", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    for (const data of ["plain\ntext", null, 0, false, [1], { a: undefined }]) await channel.publish("placed", data);
    await turns();
    subscriber.take();
    expect(subscriber.seen.map(({ data }) => data)).toEqual(["plain\ntext", "null", "0", "false", "[1]", "{}"]);
  });

  it("publishes an event with the same own ID only once", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    expect(await channel.publish("placed", 1, { id: "order/1" })).toBe("order/1");
    expect(await channel.publish("placed", 1, { id: "order/1" })).toBe("order/1");
    await turns();
    expect(read(subscriber)).toEqual([1]);
  });

  it.each([
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
    ["an ID with a lone surrogate", "placed", 1, { id: "a\ud800" }, "INVALID_FIELD"],
    ["an empty ID", "placed", 1, { id: "" }, "INVALID_FIELD"],
    ["the ID that means no position", "placed", 1, { id: "gap" }, "INVALID_FIELD"],
    ["an ID too long for a header", "placed", 1, { id: "x".repeat(513) }, "INVALID_FIELD"],
    ["a reconnection time with a fraction of a millisecond", "placed", 1, { retry: 1.5 }, "INVALID_FIELD"],
    ["an empty list of topics", "placed", 1, { topics: [] }, "INVALID_FIELD"],
    ["the topic `*`", "placed", 1, { topics: ["*"] }, "INVALID_FIELD"],
    ["a string in place of topics", "placed", 1, { topics: "user:1" }, "INVALID_FIELD"],
    ["data that is too large", "placed", "x".repeat(1_001), {}, "EVENT_TOO_LARGE"],
  ])("refuses %s and sends nothing", async (_, type, data, options, code) => {
    const { channel, connect } = await openWorld({ maxEventBytes: 1_000 });
    const subscriber = connect(channel.subscribe({ topics: "*" }));
    await expect(channel.publish(type, data, options as never)).rejects.toMatchObject({ name: "SluiceError", code });
    await channel.publish("placed", "after");
    await turns();
    subscriber.take();
    expect(subscriber.seen).toHaveLength(1);
  });

  it("rejects with the action that the log failed and with the log's error as the cause", async () => {
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

  it("counts a repeated event once", async () => {
    const { channel } = await openWorld();
    for (const id of ["a", "b", "a", "a"]) await channel.publish("placed", 1, { id });
    expect(channel.stats()).toMatchObject({ published: 2, retained: 2 });
  });

  it("counts bytes of UTF-8, not characters, against `maxEventBytes`", async () => {
    const { channel } = await openWorld({ maxEventBytes: 100 });
    await channel.publish("placed", "é".repeat(50));
    await expect(channel.publish("placed", "é".repeat(51))).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
  });

  it("refuses an own ID that looks like an ID of the log", async () => {
    const { channel } = await openWorld();
    const position = await channel.position();
    await expect(channel.publish("placed", 1, { id: position })).rejects.toMatchObject({ code: "INVALID_FIELD" });
  });

  it("closes the log if the channel is closed while the log is being opened", async () => {
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
    const position = channel.position().catch(() => undefined);
    const over = channel.shutDown();
    open();
    await position;
    await over;
    expect(closed).toBe(1);
  });

  it("finds no schema for a type that is the name of a method of objects", async () => {
    const { channel } = await openWorld({ schemas: {} });
    await expect(channel.publish("toString", 1)).resolves.toMatch(/-1$/);
  });

  it.each<[string, (channel: Channel) => Promise<unknown>]>([
    ["publish()", (channel) => channel.publish("placed", 1)],
    ["history()", (channel) => channel.history()],
    ["position()", (channel) => channel.position()],
    ["delete()", (channel) => channel.delete()],
    ["an iteration", (channel) => channel.subscribe()[Symbol.asyncIterator]().next()],
  ])("rejects %s after the Sluice is closed", async (_, use) => {
    const { channel } = await openWorld();
    await channel.publish("placed", 1);
    await channel.shutDown();
    await expect(use(channel)).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("a mistake in the options of publish", () => {
  it.each([
    ["a misspelled name", { topic: ["user:ada"] }, "INVALID_OPTION", /publish has no option `topic`/],
    ["topics that are undefined", { topics: undefined }, "INVALID_FIELD", /`topics` must be an array/],
    ["topics that are null", { topics: null }, "INVALID_FIELD", /`topics` must be an array/],
    ["no topic in the array", { topics: [] }, "INVALID_FIELD", /For no topics, leave it out/],
    ["a string in place of the options", "user:ada", "INVALID_OPTION", /publish options/],
    ["an array in place of the options", ["user:ada"], "INVALID_OPTION", /publish has no option/],
    ["null in place of the options", null, "INVALID_OPTION", /publish options/],
  ])("(%s) never publishes to everybody: it is an error", async (_, options, code, message) => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe({ topics: "*" }));
    const published = channel.publish("n", "secret", options as never);
    await expect(published).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await turns();
    expect(read(subscriber)).toEqual([]);
    expect(channel.stats()).toMatchObject({ published: 0, retained: 0 });
  });

  it("(topics of the prototype that are undefined) is an error too", async () => {
    const { channel } = await openWorld();
    const options = Object.create({ topics: undefined });
    await expect(channel.publish("n", 1, options)).rejects.toMatchObject({ code: "INVALID_FIELD" });
  });

  it("(a forgotten topic) is an error on a channel that requires topics", async () => {
    const { channel, connect } = await openWorld({ topics: "required" });
    const subscriber = connect(channel.subscribe({ topics: ["user:ada"] }));
    const refusal = { code: "INVALID_FIELD", message: expect.stringContaining("must name topics") };
    await expect(channel.publish("n", "leak")).rejects.toMatchObject(refusal);
    await expect(channel.publish("n", "leak", {})).rejects.toMatchObject(refusal);
    await expect(channel.publish("n", "leak", { id: "a" })).rejects.toMatchObject(refusal);
    await channel.publish("n", "for ada", { topics: ["user:ada"] });
    await turns();
    subscriber.take();
    expect(subscriber.seen.map(({ data }) => data)).toEqual(["for ada"]);
  });
});

describe("a publisher's own event ID", () => {
  it("that another event has is an error for the publisher, and the first event stays", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe({ topics: "*" }));
    await channel.publish("placed", { for: "ada" }, { id: "order-1", topics: ["user:ada"] });
    for (const [type, data, topics] of [
      ["placed", { for: "ada" }, ["user:bob"]],
      ["placed", { for: "bob" }, ["user:ada"]],
      ["changed", { for: "ada" }, ["user:ada"]],
      ["placed", '{"for":"ada"}', ["user:ada"]],
      ["placed", { for: "ada" }, undefined],
    ] as const) {
      const published = channel.publish(type, data, { id: "order-1", ...(topics && { topics }) });
      await expect(published).rejects.toMatchObject({ code: "ID_CONFLICT" });
    }
    await turns();
    expect(read(subscriber)).toEqual([{ for: "ada" }]);
    expect(channel.stats()).toMatchObject({ published: 1, retained: 1 });
  });

  it("can be repeated with the same event, in any order of topics, also if the window no longer has it", async () => {
    const { channel } = await openWorld({ window: { events: 1 } });
    const topics = ["user:ada", "user:bob"];
    await channel.publish("placed", "lone \ud800", { id: "order-1", topics });
    for (let n = 0; n < 5; n++) await channel.publish("n", n);
    await turns();
    const repeated = channel.publish("placed", "lone \ud800", { id: "order-1", topics: [...topics].reverse() });
    expect(await repeated).toBe("order-1");
    expect(channel.stats()).toMatchObject({ published: 6, retained: 6 });
    const other = channel.publish("placed", "other", { id: "order-1", topics });
    await expect(other).rejects.toMatchObject({ code: "ID_CONFLICT" });
  });
});

describe("the type of an event", () => {
  it("has at most 256 bytes, or as many as `maxTypeBytes`", async () => {
    const { channel } = await openWorld();
    await channel.publish("é".repeat(128), 1);
    for (const type of ["é".repeat(129), "x".repeat(10_000_000)])
      await expect(channel.publish(type, 1)).rejects.toMatchObject({ code: "INVALID_FIELD" });
    const { channel: generous } = await openWorld({ maxTypeBytes: 1_000 });
    await generous.publish("x".repeat(1_000), 1);
    await expect(generous.publish("x".repeat(1_001), 1)).rejects.toMatchObject({ code: "INVALID_FIELD" });
  });
});
