import { describe, expect, it } from "vitest";
import type { Log } from "../../src/logs/log.ts";
import { memoryLog } from "../../src/logs/memory/memory-log.ts";
import { turns } from "../support/turns.ts";
import { channelWorld, openWorld, read } from "./support/channel-world.ts";

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
    const over = channel.close();
    open();
    await over;
    expect(closed).toBe(1);
  });

  it("finds no schema for a type that is the name of a method of objects", async () => {
    const { channel } = await openWorld({ schemas: {} });
    await expect(channel.publish("toString", 1)).resolves.toMatch(/-1$/);
  });

  it("rejects after the channel is closed", async () => {
    const { channel } = await openWorld();
    await channel.close();
    await expect(channel.publish("placed", 1)).rejects.toMatchObject({ code: "CLOSED" });
  });
});
