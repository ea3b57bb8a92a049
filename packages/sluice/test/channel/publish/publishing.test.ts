import { describe, expect, it } from "vitest";
import type { StandardSchema } from "../../../src/base/checks/standard-schema.ts";
import type { ChannelOptions } from "../../../src/channel/channel-options.ts";
import { ENTRY_OVERHEAD_BYTES } from "../../../src/logs/log.ts";
import { turns } from "../../support/turns.ts";
import { channelWorld, openWorld, read } from "../support/channel-world.ts";

const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i);
const placed = (data: unknown, more: object = {}) => ({ type: "placed", data, ...more });

/** A schema that takes numbers, and adds 100 to them; with `delay`, after some turns. */
function schema(delay?: number): StandardSchema {
  const check = (value: unknown) =>
    typeof value === "number" ? { value: value + 100 } : { issues: [{ message: "no number", path: ["n"] }] };
  const validate = delay === undefined ? check : async (value: unknown) => turns(delay).then(() => check(value));
  return { "~standard": { version: 1, vendor: "test", validate } };
}

describe("publishAll", () => {
  it("resolves to the event IDs that subscribers receive, in order", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe({ topics: ["a"] }));
    const ids = await channel.publishAll([
      placed(1),
      { type: "cancelled", data: { id: 2 }, topics: ["a"] },
      placed(3, { topics: ["b"] }),
      placed("four", { id: "own/4", retry: 7 }),
    ]);
    await turns();
    subscriber.take();
    expect(subscriber.seen).toEqual([
      { type: "placed", data: "1", lastEventId: ids[0] },
      { type: "cancelled", data: '{"id":2}', lastEventId: ids[1] },
      { type: "placed", data: "four", lastEventId: "own/4" },
    ]);
    expect(ids.map((id) => id.split("-")[1])).toEqual(["1", "2", "3", undefined]);
    expect(channel.stats()).toMatchObject({ published: 4, retained: 4 });
  });

  it("resolves to no IDs for no events", async () => {
    const { channel } = await openWorld();
    expect(await channel.publishAll([])).toEqual([]);
    expect(channel.stats()).toMatchObject({ published: 0 });
  });

  it("keeps the order of all calls, also before the channel is open", async () => {
    for (const world of [channelWorld(), await openWorld()]) {
      const { channel } = world;
      const calls: Promise<unknown>[] = [];
      for (let n = 0; n < 60; n += 3)
        calls.push(channel.publish("placed", n), channel.publishAll([placed(n + 1), placed(n + 2)]));
      await Promise.all(calls);
      expect((await channel.history({ limit: 100 })).events.map(({ data }) => data)).toEqual(numbers(60));
    }
  });

  it("copies the events at the time of the call, also before the channel is open", async () => {
    for (const world of [channelWorld(), await openWorld()]) {
      const { channel } = world;
      const event = { type: "placed", data: { n: 1 }, topics: ["a"] };
      const events = [event];
      const published = channel.publishAll(events);
      event.data.n = 2;
      event.topics[0] = "b";
      event.type = "changed";
      events.push(event);
      expect(await published).toHaveLength(1);
      expect((await channel.history({ topics: ["a"] })).events).toMatchObject([{ type: "placed", data: { n: 1 } }]);
    }
  });

  const invalid: [string, unknown, string, ChannelOptions?][] = [
    ["undefined data", placed(undefined), "INVALID_DATA"],
    ["a function as data", placed(() => 1), "INVALID_DATA"],
    ["data that is too large", placed("x".repeat(1_001)), "EVENT_TOO_LARGE"],
    ["an empty type", { type: "", data: 1 }, "INVALID_FIELD"],
    ["no type", { data: 1 }, "INVALID_FIELD"],
    ["the type of gap events", { type: "gap", data: 1 }, "INVALID_FIELD"],
    ["an invalid topic", placed(1, { topics: ["*"] }), "INVALID_FIELD"],
    ["an empty list of topics", placed(1, { topics: [] }), "INVALID_FIELD"],
    ["no topics where they are required", placed(1), "INVALID_FIELD", { topics: "required" }],
    ["an invalid own ID", placed(1, { id: " " }), "INVALID_FIELD"],
    ["a broken reconnection time", placed(1, { retry: 0.5 }), "INVALID_FIELD"],
    ["an unknown option", placed(1, { topic: "a" }), "INVALID_OPTION"],
    ["data that does not fit its schema", { type: "checked", data: "x" }, "SCHEMA_MISMATCH"],
    ["data that does not fit an asynchronous schema", { type: "later", data: "x" }, "SCHEMA_MISMATCH"],
    ["null", null, "INVALID_FIELD"],
    ["a string", "placed", "INVALID_FIELD"],
  ];
  it.each(invalid)(
    "publishes nothing if one of the events has %s, and names its index",
    async (_, event, code, options) => {
      const schemas = { checked: schema(), later: schema(2) };
      const { channel } = await openWorld({ maxEventBytes: 1_000, schemas, ...options });
      const valid = placed(1, { topics: ["a"] });
      const published = channel.publishAll([valid, valid, event as never, valid]);
      await expect(published).rejects.toMatchObject({ code, message: expect.stringMatching(/^events\[2\]: /) });
      expect(channel.stats()).toMatchObject({ published: 0, retained: 0 });
    },
  );

  it.each([
    ["undefined", undefined, "undefined"],
    ["an object", {}, "an object (Object)"],
    ["an object with a map method", { map: () => [] }, "an object (Object)"],
    ["a string", "placed", '"placed"'],
    ["a set", new Set([placed(1)]), "an object (Set)"],
    ["more than 1,000 events", numbers(1_001).map((n) => placed(n)), "an array of 1001"],
  ])("refuses %s in place of a list of events", async (_, events, shown) => {
    const { channel } = await openWorld();
    const message = `\`events\` must be an array of at most 1000 events, but is ${shown}.`;
    await expect(channel.publishAll(events as never)).rejects.toMatchObject({ code: "INVALID_OPTION", message });
    expect(channel.stats()).toMatchObject({ retained: 0 });
  });

  it("takes 1,000 events, and refuses more than 4 MiB", async () => {
    const { channel } = await openWorld();
    expect(await channel.publishAll(numbers(1_000).map((n) => placed(n)))).toHaveLength(1_000);
    const large = numbers(5).map(() => placed("x".repeat(900_000)));
    await expect(channel.publishAll(large)).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
    expect(await channel.publishAll(large.slice(1))).toHaveLength(4);
  });

  it("refuses more events, or bytes, than the channel keeps", async () => {
    const { channel } = await openWorld({ retain: { events: 3, bytes: 2_000 } });
    const refusal = { code: "EVENT_TOO_LARGE", message: expect.stringContaining("`retain`") };
    await expect(channel.publishAll(numbers(4).map((n) => placed(n)))).rejects.toMatchObject(refusal);
    await expect(channel.publishAll(numbers(3).map(() => placed("x".repeat(500))))).rejects.toMatchObject(refusal);
    expect(await channel.publishAll(numbers(3).map((n) => placed(n)))).toHaveLength(3);
    expect((await channel.history()).events.map(({ data }) => data)).toEqual([0, 1, 2]);
  });

  it("counts the bytes of UTF-8 of the events that it compares with the limits", async () => {
    const wide = numbers(3).map(() => placed("日".repeat(1_000)));
    const { channel } = await openWorld({ retain: { bytes: 3 * (3_000 + 6 + ENTRY_OVERHEAD_BYTES) } });
    expect(await channel.publishAll(wide)).toHaveLength(3);
    expect((await channel.history()).events).toHaveLength(3);
    const { channel: smaller } = await openWorld({ retain: { bytes: 3 * (3_000 + 6 + ENTRY_OVERHEAD_BYTES) - 1 } });
    await expect(smaller.publishAll(wide)).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
    // 1.5 million characters are more than 4 MiB.
    const large = numbers(3).map(() => placed("日".repeat(500_000)));
    const { channel: roomy } = await openWorld({ maxEventBytes: 2_000_000 });
    await expect(roomy.publishAll(large)).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
  });

  it("refuses events if the log counts more bytes for them than it keeps", async () => {
    const { channel, log } = await openWorld({ retain: { bytes: 4_000 } });
    log().keptBytes = (entries) => entries.length * 900;
    await expect(channel.publishAll(numbers(5).map((n) => placed(n)))).rejects.toMatchObject({
      code: "EVENT_TOO_LARGE",
      message: expect.stringContaining("5 events of 4500 bytes"),
    });
    expect(await channel.publishAll(numbers(4).map((n) => placed(n)))).toHaveLength(4);
  });

  it("publishes what the schemas return, once the last one has answered", async () => {
    const { channel } = await openWorld({ schemas: { checked: schema(), later: schema(4) } });
    const events = [
      { type: "later", data: 1 },
      { type: "checked", data: 2 },
      { type: "later", data: 3 },
    ];
    const published = channel.publishAll(events);
    const single = channel.publish("placed", 4);
    await Promise.all([published, single]);
    expect((await channel.history()).events.map(({ data }) => data)).toEqual([4, 101, 102, 103]);
  });

  it("rejects with the error that a schema throws", async () => {
    const validate = () => {
      throw new RangeError("broken");
    };
    const { channel } = await openWorld({
      schemas: { checked: { "~standard": { version: 1, vendor: "t", validate } } },
    });
    await expect(channel.publishAll([placed(1), { type: "checked", data: 1 }])).rejects.toThrow(RangeError);
    expect(channel.stats()).toMatchObject({ retained: 0 });
  });

  it("rejects with the error of a getter of an event", async () => {
    const { channel } = await openWorld();
    const event = {
      get type(): string {
        throw new RangeError("broken");
      },
      data: 1,
    };
    await expect(channel.publishAll([placed(1), event])).rejects.toThrow(RangeError);
    expect(channel.stats()).toMatchObject({ retained: 0 });
  });

  it("leaves no rejection unhandled if several schemas refuse", async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", listen);
    const { channel } = channelWorld({ schemas: { later: schema(3), soon: schema(1) } });
    const events = [placed(() => 1), { type: "later", data: "x" }, { type: "soon", data: "x" }];
    await expect(channel.publishAll(events)).rejects.toMatchObject({ message: expect.stringContaining("events[") });
    await turns(10);
    process.off("unhandledRejection", listen);
    expect(unhandled).toEqual([]);
  });

  it("rejects after the Sluice is closed", async () => {
    const { channel } = await openWorld();
    await channel.shutDown();
    await expect(channel.publishAll([placed(1)])).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("counts all events for `latestBy`", async () => {
    const { channel, connect } = await openWorld({ latestBy: ({ type }) => type });
    await channel.publishAll([placed(1), { type: "other", data: 2 }, placed(3)]);
    const subscriber = connect(channel.subscribe({ initial: "latest" }));
    await turns();
    expect(read(subscriber)).toEqual([2, 3]);
  });
});
