import { describe, expect, it } from "vitest";
import { createSluice, SseItem } from "../../../src/index.ts";
import { memoryLog } from "../../../src/logs/memory/memory-log.ts";
import { turns } from "../../support/turns.ts";
import { slowly } from "../support/model-logs.ts";
import { CombineWorld, seen } from "./support/combine-world.ts";

describe("sluice.combine()", () => {
  it("refuses parts that are no subscriptions, names that an ID cannot carry, and too many parts", async () => {
    await using sluice = createSluice();
    const part = sluice.channel("a").subscribe();
    const name = "`part name` must be 1 to 64 of A-Z, a-z, 0-9, _ and -, but is";
    const subscription = "must be a subscription, from channel.subscribe(), but is";
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`p${i}`, part]));
    const invalid: [unknown, string][] = [
      [{}, "`parts` must be 1 to 64 subscriptions, but is 0"],
      [undefined, "`parts` must be 1 to 64 subscriptions, but is 0"],
      [many, "`parts` must be 1 to 64 subscriptions, but is 65"],
      [[part, sluice.channel("a")], `\`parts.1\` ${subscription} an object (Channel)`],
      [{ a: sluice.channel("a") }, `\`parts.a\` ${subscription} an object (Channel)`],
      [{ a: (async function* () {})() }, `\`parts.a\` ${subscription} an object`],
      [{ a: sluice.combine({ b: part }) }, `\`parts.a\` ${subscription} an object (Object)`],
      [{ b: part, a: undefined }, `\`parts.a\` ${subscription} undefined`],
      [{ "": part }, `${name} ""`],
      [{ "a.b": part }, `${name} "a.b"`],
      [{ "a b": part }, `${name} "a b"`],
      [{ é: part }, `${name} "é"`],
      [{ ["n".repeat(65)]: part }, `${name} "nnn`],
    ];
    for (const [parts, message] of invalid) expect(() => sluice.combine(parts as never)).toThrow(message);
    sluice.combine(Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`p${i}`, part])));
    sluice.combine({ ["n".repeat(64)]: part, "A-z_0": part });
  });

  it("refuses unknown options", async () => {
    await using sluice = createSluice();
    const part = sluice.channel("a").subscribe();
    expect(() => sluice.combine({ part }, { type: "plain" } as never)).toThrow(
      /no option `type`.*Did you mean `types`/,
    );
    expect(() => sluice.combine({ part }, { types: "none" } as never)).toThrow(/`types` must be/);
  });

  it("names its channels", async () => {
    await using sluice = createSluice();
    const [a, b] = [sluice.channel("a"), sluice.channel("b")];
    expect(sluice.combine({ one: a.subscribe(), two: b.subscribe() }).channels).toEqual(["a", "b"]);
  });

  it("resolves to a position after which a stream receives every later event of each channel", async () => {
    const world = new CombineWorld();
    const [a, b] = [await world.channel("a"), await world.channel("b")];
    const parts = { a: a.subscribe(), b: b.subscribe() };
    await a.publish("x", 1);
    const position = await world.combine(parts).position();
    await Promise.all([a.publish("x", 2), b.publish("x", 3)]);
    const subscriber = world.connect(parts, position);
    await turns();
    expect(seen(subscriber)).toEqual(["a.x 2", "b.x 3"]);
    expect(subscriber.lastEventId).toBe(await world.combine(parts).position());
  });
});

describe("a combination whose channel closes while another one is being opened", () => {
  it("opens it again, and receives its events", async () => {
    const world = new CombineWorld();
    const a = await world.channel("a");
    const b = world.closedChannel("b", slowly(memoryLog()));
    const subscriber = world.connect({ a: a.subscribe(), b: b.subscribe() });
    await a.close();
    await turns(10);
    await a.publish("x", 1);
    await b.publish("x", 2);
    await turns();
    expect(seen(subscriber)).toEqual(["a.x 1", "b.x 2"]);
  });
});

describe("the option `types`", () => {
  it("gives events the name of their part by default, also in a snapshot", async () => {
    const world = new CombineWorld();
    const a = await world.channel("a");
    const parts = { one: a.subscribe({ initial: () => [1, new SseItem(2, { event: "row" })] }) };
    const subscriber = world.connect(parts);
    await turns(6);
    await a.publish("x", 3);
    await turns();
    expect(seen(subscriber)).toEqual(["one.message 1", "one.row 2", "one.x 3"]);
  });

  it("leaves types alone if it is `plain`", async () => {
    const world = new CombineWorld();
    const a = await world.channel("a");
    const parts = { one: a.subscribe({ initial: () => [1] }) };
    const subscriber = world.connect(parts, undefined, { types: "plain" });
    await turns(6);
    await a.publish("x", 3);
    await turns();
    expect(seen(subscriber)).toEqual(["message 1", "x 3"]);
  });

  it("maps types by a function, and reports its failures without losing the event", async () => {
    const world = new CombineWorld();
    const a = await world.channel("a");
    const types = (name: string, type: string) => {
      if (type === "bad") throw new Error("no");
      return type === "worse" ? "a\nb" : `${type}/${name}`;
    };
    const subscriber = world.connect({ one: a.subscribe() }, undefined, { types });
    for (const type of ["x", "bad", "worse"]) await a.publish(type, 1);
    await turns();
    expect(seen(subscriber)).toEqual(["x/one 1", "one.bad 1", "one.worse 1"]);
    await turns();
    expect(world.errors.map(({ context }) => context)).toEqual([{ stage: "types", channel: "a", count: 2 }]);
  });

  it.each([
    ["a promise that rejects", async () => Promise.reject(new Error("no"))],
    ["a number", () => 5],
    ["the type of gap events, which would pretend a loss", () => "gap"],
  ])("sends the event with its default type if the function returns %s", async (_, types) => {
    const world = new CombineWorld();
    const a = await world.channel("a");
    const subscriber = world.connect({ one: a.subscribe() }, undefined, { types: types as never });
    await a.publish("x", 1);
    await turns();
    expect(seen(subscriber)).toEqual(["one.x 1"]);
    expect(world.errors.map(({ error }) => String(error))).toEqual([
      expect.stringMatching(/`types\(\)` must be an event type, and not that of gap events, but is/),
    ]);
  });
});
