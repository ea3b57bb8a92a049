import { afterEach, beforeEach, expect, it } from "vitest";
import { type Channel, createSluice, type Sluice, SseItem } from "../../../src/index.ts";
import { collect, readEventStream } from "../../support/patient-testing.ts";

let sluice: Sluice;
let channel: Channel;
beforeEach(() => {
  sluice = createSluice();
  channel = sluice.channel("orders");
});
afterEach(() => sluice.close());

const openStream = async (source: Parameters<Sluice["response"]>[1]) =>
  readEventStream(await sluice.response(new Request("http://desk.example"), source));

it("a received event has the same fields from history() and from an iteration", async () => {
  const collected = collect(channel.subscribe({ topics: ["a"] }), 1);
  const id = await channel.publish("placed", { at: new Date(0) }, { topics: ["a"], retry: 5 });
  const event = {
    type: "placed",
    data: { at: "1970-01-01T00:00:00.000Z" },
    id,
    topics: ["a"],
    time: expect.any(Number),
  };
  const [iterated] = await collected;
  const [kept] = (await channel.history({ topics: ["a"] })).events;
  for (const received of [iterated, kept]) {
    expect({ ...received }).toEqual(event);
    expect(JSON.parse(JSON.stringify(received))).toEqual(event);
  }
});

it.each(["an iteration", "history()"])(
  "an event of %s that a source yields is sent with its type and ID",
  async (by) => {
    const id = await channel.publish("placed", { total: 1 });
    const stream = await openStream(async function* () {
      if (by === "history()") yield* (await channel.history()).events;
      else for await (const event of channel.subscribe({ from: "start" })) yield event;
    });
    expect(await stream.next()).toEqual({ type: "placed", data: '{"total":1}', lastEventId: id });
    await stream.close();
  },
);

it("an event that a source changes before it yields it is sent as changed", async () => {
  await channel.publish("placed", { total: 1, secret: 2 });
  const stream = await openStream(async function* () {
    for await (const event of channel.subscribe({ from: "start" })) {
      delete (event.data as { secret?: number }).secret;
      yield event;
    }
  });
  expect(await stream.next()).toMatchObject({ type: "placed", data: '{"total":1}' });
  await stream.close();
});

it("events of an initial function are received as a client receives them", async () => {
  const initial = () => [new Date(0), new SseItem({ at: new Date(0) }, { event: "placed" }), "text"];
  const at = "1970-01-01T00:00:00.000Z";
  expect(await collect(channel.subscribe({ initial }), 3)).toMatchObject([
    { type: "message", data: at, id: undefined },
    { type: "placed", data: { at }, id: undefined },
    { type: "message", data: "text", id: undefined },
  ]);
});

it("events of history() can be the first events of a subscription, without their IDs", async () => {
  await channel.publish("placed", 1);
  const initial = async () => (await channel.history()).events;
  const stream = await openStream(channel.subscribe({ initial }));
  expect(await stream.next()).toMatchObject({ type: "placed", data: "1" });
  await stream.close();
  expect(await collect(channel.subscribe({ initial }), 1)).toMatchObject([{ type: "placed", data: 1, id: undefined }]);
});

it("a gap is an event of the type gap, or of the option gapEvent", async () => {
  for (const gapEvent of [undefined, "lost"]) {
    await using other = createSluice(gapEvent === undefined ? {} : { gapEvent });
    const events = other.channel("orders").subscribe().after("x-1");
    const { value } = await events.next();
    expect(value).toMatchObject({ type: gapEvent ?? "gap", data: { lastEventId: "x-1" }, id: expect.any(String) });
    await events.return();
  }
});
