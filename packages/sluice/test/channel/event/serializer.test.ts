import { stringify as devalue, parse as parseDevalue } from "devalue";
import * as superjson from "superjson";
import { afterEach, describe, expect, it } from "vitest";
import { createSluice, type ErrorContext, type Sluice, type SluiceError, SseItem } from "../../../src/index.ts";
import { collect, readEventStream } from "../../support/patient-testing.ts";

const DATA = { placedAt: new Date(0), totals: new Map([["ada", 1n]]), text: "line\r\nline", nothing: undefined };
type Events = { placed: typeof DATA; note: string; none: undefined };

let sluice: Sluice;
const errors: { error: SluiceError; context: ErrorContext }[] = [];
const open = () => {
  errors.length = 0;
  sluice = createSluice({ onError: (error, context) => errors.push({ error: error as SluiceError, context }) });
  return sluice;
};
afterEach(() => sluice.close());

describe.each([
  ["devalue", { serialize: devalue, parse: parseDevalue }],
  ["superjson", { serialize: superjson.stringify, parse: superjson.parse }],
])("a channel with the serializer %s", (_, serializer) => {
  it("returns published data with its types from history(), iterations and filters", async () => {
    const seen: unknown[] = [];
    const channel = open().channel<Events>("orders", {
      ...serializer,
      latestBy: ({ type, data }) => (type === "placed" ? data.placedAt.toISOString() : undefined),
    });
    const filter = ({ data }: { data: unknown }) => seen.push(data) > 0;
    const iterated = collect(channel.subscribe({ filter }), 2);
    await channel.publish("placed", DATA);
    await channel.publish("note", "text");
    await channel.publish("none", undefined);
    const placed = expect.objectContaining({ type: "placed", data: DATA });
    expect(await iterated).toEqual([placed, expect.objectContaining({ type: "note", data: "text" })]);
    expect(seen[0]).toEqual(DATA);
    const { events } = await channel.history();
    expect(events.map(({ data }) => data)).toEqual([DATA, "text", undefined]);
    expect(await collect(channel.subscribe({ initial: "latest", types: ["placed"] }), 1)).toEqual([placed]);
  });

  it("sends the text that a client parses with the same package, also of a snapshot and of a source", async () => {
    const channel = open().channel<Events>("orders", serializer);
    await channel.publish("placed", DATA);
    const initial = () => [new SseItem(DATA, { event: "placed" })];
    const forward = async function* () {
      for await (const event of channel.subscribe({ from: "start" })) yield event;
    };
    for (const source of [channel.subscribe({ from: "start" }), channel.subscribe({ initial }), forward]) {
      const stream = await readEventStream(await sluice.response(new Request("http://desk.example"), source));
      const { type, data } = await stream.next();
      expect(type).toBe("placed");
      expect(serializer.parse(data)).toEqual(DATA);
      await stream.close();
    }
    expect(await collect(channel.subscribe({ initial }), 1)).toMatchObject([{ type: "placed", data: DATA }]);
  });

  it("leaves gap events as JSON", async () => {
    const channel = open().channel<Events>("orders", serializer);
    await channel.publish("placed", DATA);
    const source = channel.subscribe();
    const answer = await sluice.response(new Request("http://desk.example"), source, { lastEventId: "unknown" });
    const stream = await readEventStream(answer);
    const { type, data } = await stream.next();
    expect([type, JSON.parse(data).reason]).toEqual(["gap", "unknown"]);
    await stream.close();
  });
});

describe("a serializer that fails", () => {
  it("makes publish() reject with INVALID_DATA, and the error as its cause", async () => {
    const cause = new Error("no text");
    const serialize = () => {
      throw cause;
    };
    const channel = open().channel("orders", { serialize, parse: JSON.parse });
    await expect(channel.publish("placed", 1)).rejects.toMatchObject({ code: "INVALID_DATA", cause });
  });

  it("makes publish() reject if it returns no string, also if it is async", async () => {
    const serialize = (async () => Promise.reject(new Error("late"))) as never;
    const channel = open().channel("orders", { serialize, parse: JSON.parse });
    await expect(channel.publish("placed", 1)).rejects.toThrow("`serialize()` must be a string");
  });

  it("leaves an event out that it cannot parse, and reports INVALID_DATA once for each event", async () => {
    const parse = (text: string) => {
      if (text.includes("bad")) throw new Error("cannot parse");
      return JSON.parse(text) as unknown;
    };
    const channel = open().channel("orders", { serialize: JSON.stringify, parse });
    const iterated = [collect(channel.subscribe(), 1), collect(channel.subscribe(), 1)];
    await channel.publish("placed", "bad");
    await channel.publish("placed", "good");
    for (const events of await Promise.all(iterated)) expect(events).toMatchObject([{ data: "good" }]);
    expect((await channel.history()).events).toMatchObject([{ data: "good" }]);
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    for (const { error, context } of errors) {
      expect(error).toMatchObject({ code: "INVALID_DATA", cause: { message: "cannot parse" } });
      expect(context).toMatchObject({ stage: "parse", channel: "orders" });
    }
  });

  it("is refused with one of the two functions only, or with anything else", () => {
    open();
    for (const options of [{ serialize: devalue }, { parse: parseDevalue }])
      expect(() => sluice.channel("a", options)).toThrow("`serialize` must be given together with `parse`");
    expect(() => sluice.channel("a", { serialize: 1, parse: 1 } as never)).toThrow("`serialize` must be a function");
  });
});
