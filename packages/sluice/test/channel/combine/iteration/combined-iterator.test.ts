import { describe, expect, it } from "vitest";
import { parseCombinedId } from "../../../../src/channel/combine/combined-id.ts";
import { createSluice, SseItem } from "../../../../src/index.ts";
import { turns } from "../../../support/turns.ts";
import { FakeSubscriber } from "../../support/fake-subscriber.ts";
import { CombineWorld, seen } from "../support/combine-world.ts";

async function two() {
  const world = new CombineWorld();
  return { world, a: await world.channel("a"), b: await world.channel("b", { retain: { events: 5 } }) };
}

describe("an iteration over a combination", () => {
  it("yields the events of all parts with their channel, their own type and the combined ID", async () => {
    const { world, a, b } = await two();
    const events = world.combine({ one: a.subscribe({ topics: ["t"] }), two: b.subscribe() }).after(undefined);
    await a.publish("x", { n: 1 }, { topics: ["t"], id: "own" });
    const first = (await events.next()).value!;
    expect(first).toMatchObject({ channel: "one", type: "x", data: { n: 1 }, topics: ["t"] });
    expect(first).toMatchObject({ time: expect.any(Number) });
    expect([...parseCombinedId(first.id!)!].map(([name, at]) => [name, at.split("-")[1]])).toEqual([
      ["one", "1"],
      ["two", "0"],
    ]);
    await b.publish("y", 2);
    expect((await events.next()).value).toMatchObject({ channel: "two", type: "y", data: 2 });
    await events.return();
  });

  it("resumes each part after an ID, and yields a gap with the name of its part", async () => {
    const { world, a, b } = await two();
    const parts = { a: a.subscribe(), b: b.subscribe() };
    const start = await world.combine(parts).position();
    for (let n = 1; n <= 9; n++) await b.publish("y", n);
    await a.publish("x", 10);
    const events = world.combine(parts).after(start);
    const got = [];
    for (let i = 0; i < 7; i++) got.push((await events.next()).value!);
    await events.return();
    expect(got.filter(({ channel }) => channel === "a")).toMatchObject([{ type: "x", data: 10 }]);
    const ofB = got.filter(({ channel }) => channel === "b");
    expect(ofB[0]).toMatchObject({ type: "gap", data: { reason: "trimmed", channel: "b" } });
    expect(ofB.slice(1).map(({ data }) => data)).toEqual([5, 6, 7, 8, 9]);

    const foreign = world.combine(parts).after("own/12");
    const gaps = [(await foreign.next()).value!, (await foreign.next()).value!];
    expect(gaps).toMatchObject([
      { type: "gap", data: { reason: "unparsable", lastEventId: "own/12" } },
      { type: "gap", data: { reason: "unparsable", lastEventId: "own/12" } },
    ]);
    await foreign.return();
  });

  it("takes turns, so that a part with much to replay does not keep another one waiting", async () => {
    const { world, a, b } = await two();
    for (let n = 0; n < 500; n++) await a.publish("x", n);
    for (let n = 0; n < 3; n++) await b.publish("y", n);
    const events = world
      .combine({ a: a.subscribe({ from: "start" }), b: b.subscribe({ from: "start" }) })
      .after(undefined);
    const channels: string[] = [];
    for (let i = 0; i < 12; i++) channels.push((await events.next()).value!.channel);
    await events.return();
    expect(channels.filter((channel) => channel === "b")).toHaveLength(3);
  });

  it("starts at the position of its making, also for events that are published before the first `next()`", async () => {
    const { world, a, b } = await two();
    const events = world.combine({ a: a.subscribe(), b: b.subscribe() }).after(undefined);
    void b.publish("y", 1);
    expect((await events.next()).value).toMatchObject({ channel: "b", data: 1 });
    await events.return();
  });

  it("ends all parts with `return()`, also while `next()` waits, and with the signal of one part", async () => {
    const { world, a, b } = await two();
    const events = world.combine({ a: a.subscribe(), b: b.subscribe() }).after(undefined);
    const next = events.next();
    await turns();
    expect(a.stats().cohorts).toBe(1);
    await events.return();
    expect(await next).toEqual({ done: true, value: undefined });

    const abort = new AbortController();
    const parts = { a: a.subscribe(), b: b.subscribe({ signal: abort.signal }) };
    const other = world.combine(parts)[Symbol.asyncIterator]();
    const waiting = other.next();
    await turns();
    abort.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await turns();
    for (const channel of [a, b]) expect(channel.stats().cohorts).toBe(0);
  });

  it("rejects, and ends all parts, if a part cannot be read", async () => {
    const { world, a, b } = await two();
    const broken = b.subscribe({
      initial: () => {
        throw new Error("no rows");
      },
    });
    const events = world.combine({ a: a.subscribe(), broken }).after(undefined);
    await expect(events.next()).rejects.toThrow("no rows");
    await turns();
    expect(a.stats().cohorts).toBe(0);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it("yields snapshots without an ID, and then a position that has them", async () => {
    const { world, a, b } = await two();
    const initial = () => ["row", new SseItem("other", { event: "named" })];
    const events = world.combine({ a: a.subscribe({ initial }), b: b.subscribe() }).after(undefined);
    expect((await events.next()).value).toMatchObject({ channel: "a", type: "message", data: "row", id: undefined });
    expect((await events.next()).value).toMatchObject({ channel: "a", type: "named", data: "other", id: undefined });
    const next = events.next();
    await turns();
    await b.publish("y", 1);
    expect(parseCombinedId((await next).value!.id!)?.size).toBe(2);
    await events.return();
  });

  it("inside a source sends events with the combined ID and the mapped type, and ends with the stream", async () => {
    const { world, a, b } = await two();
    const combination = world.combine({ a: a.subscribe(), b: b.subscribe() });
    const subscriber = new FakeSubscriber(world.hub, () => combination.after(undefined));
    await turns();
    await a.publish("x", 1);
    await turns(6);
    expect(seen(subscriber)).toEqual(["a.x 1"]);
    expect(parseCombinedId(subscriber.lastEventId)?.size).toBe(2);
    subscriber.disconnect();
    await turns();
    expect(a.stats().cohorts).toBe(0);
  });

  it("may begin before its channels and its code are loaded", async () => {
    await using sluice = createSluice();
    const [a, b] = [sluice.channel("a"), sluice.channel("b")];
    const events = sluice.combine({ a: a.subscribe(), b: b.subscribe() }).after(undefined);
    const next = events.next();
    await b.position();
    await turns(10);
    await b.publish("y", 1);
    expect((await next).value).toMatchObject({ channel: "b", type: "y" });
    await events.return();
  });
});
