import { describe, expect, it } from "vitest";
import { parseCombinedId } from "../../../../src/channel/combine/combined-id.ts";
import type { TailListener } from "../../../../src/logs/log.ts";
import { memoryLog } from "../../../../src/logs/memory/memory-log.ts";
import type { Piece } from "../../../../src/stream/body/piece.ts";
import { turns } from "../../../support/turns.ts";
import { CombineWorld, seen } from "../support/combine-world.ts";

/** Makes channels `a` and `b`. */
async function two(...given: ConstructorParameters<typeof CombineWorld>) {
  const world = new CombineWorld(...given);
  return { world, a: await world.channel("a"), b: await world.channel("b") };
}

const offsets = (id: string) =>
  Object.fromEntries([...parseCombinedId(id)!].map(([name, position]) => [name, Number(position.split("-")[1])]));

describe("a combined stream", () => {
  it("begins with the positions of all parts, in the first block", async () => {
    const { world, a, b } = await two();
    await a.publish("x", 1);
    const subscriber = world.connect({ a: a.subscribe(), b: b.subscribe() });
    subscriber.take();
    expect(offsets(subscriber.lastEventId)).toEqual({ a: 1, b: 0 });
    expect(subscriber.text.match(/\n\n/g)).toHaveLength(1);
  });

  it("gives each event the positions that the client has received, also with a publisher's own ID", async () => {
    const { world, a, b } = await two();
    const subscriber = world.connect({ a: a.subscribe(), b: b.subscribe() });
    await a.publish("x", 1, { id: "own/1" });
    await turns();
    await b.publish("y", 2);
    await turns();
    expect(seen(subscriber)).toEqual(["a.x 1", "b.y 2"]);
    expect(subscriber.seen.map(({ lastEventId }) => offsets(lastEventId))).toEqual([
      { a: 1, b: 0 },
      { a: 1, b: 1 },
    ]);
  });

  it("resumes each part where the client left it", async () => {
    const { world, a, b } = await two();
    const parts = { a: a.subscribe({ topics: ["t"] }), b: b.subscribe() };
    const first = world.connect(parts);
    await a.publish("x", 1, { topics: ["t"] });
    await turns();
    first.take();
    first.disconnect();
    await Promise.all([a.publish("x", 2, { topics: ["u"] }), a.publish("x", 3, { topics: ["t"] }), b.publish("y", 4)]);
    const second = world.connect(parts, first.lastEventId);
    await turns();
    expect(seen(second)).toEqual(["a.x 3", "b.y 4"]);
  });

  it("continues the parts of an ID, starts others where `from` says, and forgets unknown names", async () => {
    const { world, a, b } = await two();
    const c = await world.channel("c");
    for (const channel of [a, b, c]) await channel.publish("x", 1);
    const first = world.connect({ a: a.subscribe(), old: b.subscribe() });
    first.take();
    for (const channel of [a, b, c]) await channel.publish("x", 2);
    const parts = { a: a.subscribe(), b: b.subscribe(), c: c.subscribe({ from: "start" }) };
    const second = world.connect(parts, first.lastEventId);
    await turns();
    expect(seen(second).sort()).toEqual(["a.x 2", "c.x 1", "c.x 2"]);
    expect(offsets(second.lastEventId)).toEqual({ a: 2, b: 2, c: 2 });
  });

  it("reports a gap per part, with its name and the positions of its channel, and the others go on", async () => {
    const { world, b } = await two();
    const a = await world.channel("short", { retain: { events: 2 } });
    const parts = { a: a.subscribe(), b: b.subscribe() };
    const first = world.connect(parts);
    first.take();
    for (let n = 1; n <= 5; n++) await a.publish("x", n);
    await b.publish("y", 6);
    const second = world.connect(parts, first.lastEventId);
    await turns();
    second.take();
    expect(second.seen.map(({ type }) => type)).toEqual(["gap", "a.x", "a.x", "b.y"]);
    const { epoch } = { epoch: parseCombinedId(first.lastEventId)!.get("a")!.split("-")[0] };
    expect(JSON.parse(second.seen[0]!.data)).toEqual({
      reason: "trimmed",
      lastEventId: `${epoch}-0`,
      resumesAfter: `${epoch}-3`,
      channel: "a",
    });
    expect(offsets(second.seen[0]!.lastEventId)).toEqual({ a: 3, b: 0 });
    expect(world.hub.counts.gaps).toBe(1);
  });

  it("names in a gap the position that the client has, also if only events of another part told it", async () => {
    const { world, b } = await two({ highWaterMark: 1_024 });
    const a = await world.channel("short", { retain: { events: 2 } });
    const subscriber = world.connect({ a: a.subscribe(), b: b.subscribe() });
    await a.publish("x", 1);
    await a.publish("x", 2, { topics: ["other"] });
    await turns();
    await b.publish("y", "p".repeat(2_000));
    await turns();
    // The socket is full, and the next events are trimmed before it drains.
    for (let n = 3; n <= 9; n++) await a.publish("x", n);
    subscriber.take();
    await turns();
    subscriber.take();
    const gap = subscriber.seen.find(({ type }) => type === "gap")!;
    const before = subscriber.seen[subscriber.seen.indexOf(gap) - 1]!.lastEventId;
    expect(offsets(before)).toEqual({ a: 2, b: 1 });
    expect(JSON.parse(gap.data).lastEventId).toBe(parseCombinedId(before)!.get("a"));
  });

  it("reports a gap in every part if the ID is no combined ID, also one of its own channel", async () => {
    const { world, a, b } = await two();
    const id = await a.publish("x", 1);
    const subscriber = world.connect({ a: a.subscribe(), b: b.subscribe() }, id);
    await turns();
    subscriber.take();
    const gaps = subscriber.seen.filter(({ type }) => type === "gap").map(({ data }) => JSON.parse(data));
    expect(gaps).toMatchObject([
      { reason: "unparsable", lastEventId: id, channel: "a" },
      { reason: "unparsable", lastEventId: id, channel: "b" },
    ]);
    // Between the two gaps, the ID must not let `b` begin anew.
    expect(parseCombinedId(subscriber.seen[0]!.lastEventId)!.get("b")).toBe("gap");
    expect(seen(subscriber)).toContain("a.x 1");
  });

  it("writes the same bytes to all subscribers with equal parts that are live", async () => {
    const { world, a, b } = await two();
    const parts = () => ({ a: a.subscribe(), b: b.subscribe({ topics: ["t"] }) });
    const subscribers = [1, 2, 3].map(() => world.connect(parts()));
    const pieces = subscribers.map((subscriber) => {
      const list: Piece[] = [];
      const write = subscriber.write.bind(subscriber);
      subscriber.write = (piece) => {
        list.push(piece);
        return write(piece);
      };
      return list;
    });
    await a.publish("x", 1);
    await turns();
    await b.publish("y", 2, { topics: ["t"] });
    await turns();
    expect(pieces[0]).toHaveLength(2);
    for (const list of pieces) for (const [i, piece] of list.entries()) expect(piece).toBe(pieces[0]![i]);
    expect(world.hub.counts.delivered).toBe(6);
  });

  it("shares the bytes of an event for all among subscribers with different topics", async () => {
    const { world, a, b } = await two();
    const written: Piece[] = [];
    for (const user of ["u", "v"]) {
      const subscriber = world.connect({ a: a.subscribe({ topics: [user] }), b: b.subscribe({ topics: [user] }) });
      const write = subscriber.write.bind(subscriber);
      subscriber.write = (piece) => {
        written.push(piece);
        return write(piece);
      };
    }
    await a.publish("x", 1);
    await turns();
    expect(written).toHaveLength(2);
    expect(written[0]).toBe(written[1]);
  });

  it("steps back in all parts when its socket is full, and receives each event once", async () => {
    const { world, a, b } = await two({ highWaterMark: 1_024 });
    const subscriber = world.connect({ a: a.subscribe(), b: b.subscribe() });
    const other = world.connect({ a: a.subscribe(), b: b.subscribe() });
    await turns();
    for (let n = 0; n < 40; n++) {
      await (n % 2 ? a : b).publish("x", { n, pad: "p".repeat(100) });
      await turns(1);
      other.take();
    }
    expect(subscriber.mostPending).toBeLessThan(2_000);
    expect(a.stats()).toMatchObject({ live: 1, lagging: 1 });
    expect(b.stats()).toMatchObject({ live: 1, lagging: 1 });
    for (let i = 0; i < 40; i++) {
      subscriber.take();
      await turns(1);
    }
    const numbers = subscriber.seen.map(({ data }) => JSON.parse(data).n as number);
    expect(numbers.filter((n) => n % 2 === 0)).toEqual(Array.from({ length: 20 }, (_, i) => i * 2));
    expect(numbers.filter((n) => n % 2 === 1)).toEqual(Array.from({ length: 20 }, (_, i) => i * 2 + 1));
    expect(a.stats()).toMatchObject({ live: 2, lagging: 0 });
    const [stream] = world.hub.streams;
    expect(stream!.describe()).toMatchObject({ events: 40, lastEventId: subscriber.lastEventId, state: "live" });
  });

  it("lets a quiet part pass while another part has 100,000 events to replay", async () => {
    const { world, a, b } = await two({ highWaterMark: 4_096 });
    const first = world.connect({ a: a.subscribe(), b: b.subscribe() });
    first.take();
    for (let n = 0; n < 100_000; n++) void a.publish("x", n);
    for (let n = 0; n < 3; n++) await b.publish("y", n);
    await turns();
    for (const parts of [
      { a: a.subscribe(), b: b.subscribe() },
      { b: b.subscribe(), a: a.subscribe() },
    ]) {
      const subscriber = world.connect(parts, first.lastEventId);
      for (let i = 0; i < 8; i++) {
        await turns(1);
        subscriber.take();
      }
      expect(subscriber.seen.filter(({ type }) => type === "b.y")).toHaveLength(3);
      expect(subscriber.seen.length).toBeLessThan(2_000);
      subscriber.disconnect();
    }
  });

  it("never claims events of a channel that is in the middle of a flush", async () => {
    const { world, a } = await two();
    const b = await world.channel("busy", { window: { events: 100 } });
    // A second subscriber of `a`, whose filter publishes to `b` so many events that `b` flushes at once.
    const filter = ({ data }: { data: unknown }) => {
      if (data === 1) for (let n = 0; n < 200; n++) void b.publish("y", n);
      return true;
    };
    const nosy = world.connect({ a: a.subscribe({ filter }) });
    const subscriber = world.connect({ a: a.subscribe(), b: b.subscribe() });
    await turns();
    nosy.take();
    await a.publish("x", 1);
    await turns();
    subscriber.take();
    const claims = subscriber.seen.map(({ type, lastEventId }) => ({ type, a: offsets(lastEventId).a }));
    const at = claims.findIndex(({ type }) => type === "a.x");
    expect(at).toBeGreaterThan(0);
    expect(claims.slice(0, at).every((claim) => claim.a === 0)).toBe(true);
    expect(claims.slice(at).every((claim) => claim.a === 1)).toBe(true);
    expect(claims).toHaveLength(201);
  });

  it("ends rather than mixing the order up if a failing sink publishes within a write", async () => {
    const { world, a, b } = await two();
    const parts = () => ({ a: a.subscribe(), b: b.subscribe() });
    const subscribers = [world.connect(parts()), world.connect(parts()), world.connect(parts())];
    await turns();
    const failing = subscribers[1]!;
    const write = failing.write.bind(failing);
    failing.write = (piece) => {
      failing.write = write;
      for (let n = 0; n < 200; n++) void b.publish("y", "p".repeat(500));
      return write(piece);
    };
    await a.publish("x", 1);
    await turns();
    for (const subscriber of subscribers) {
      expect(subscriber.ended).toBe(true);
      subscriber.take();
      // The client resumes from what it has received.
      const hasEvent = subscriber.seen.length === 1;
      expect(offsets(subscriber.lastEventId)).toEqual({ a: hasEvent ? 1 : 0, b: 0 });
    }
  });

  it("sends its position as a heartbeat if a channel moved on without an event for it, else a comment", async () => {
    const { world, a, b } = await two();
    const subscriber = world.connect({ a: a.subscribe(), b: b.subscribe() });
    await turns();
    const [stream] = world.hub.streams;
    const beat = () => {
      stream!.beat();
      subscriber.take();
      return subscriber.text.split("\n\n").at(-2);
    };
    expect(beat()).toBe(":");
    await b.publish("y", 1, { topics: ["other"] });
    await turns();
    expect(beat()).toMatch(/^id: a\.\w+-0~b\.\w+-1$/);
    expect(beat()).toBe(":");
    expect(stream!.describe().lastEventId).toBe(subscriber.lastEventId);
  });

  it("ends with the channel of any part: its options change, its log fails, or another Sluice closes it", async () => {
    const { world, a } = await two();
    for (const how of ["changes", "fails", "closes"] as const) {
      const elsewhere = new CombineWorld();
      let listener!: TailListener;
      const log = memoryLog();
      const spied = {
        ...log,
        open: async (...args: Parameters<typeof log.open>) => {
          const opened = await log.open(...args);
          const tail = opened.tail.bind(opened);
          opened.tail = (given) => tail((listener = given));
          return opened;
        },
      };
      const other = await elsewhere.channel("other", {}, spied);
      const subscriber = world.connect({ a: a.subscribe(), other: other.subscribe() });
      await turns();
      expect(subscriber.ended).toBe(false);
      if (how === "changes") other.reopen(["retain"]);
      else if (how === "fails") listener.failed?.(new Error("gone"));
      else await other.close();
      await turns();
      expect(await subscriber.closed).toBe("drained");
      if (how === "fails") expect(elsewhere.errors[0]?.context).toEqual({ stage: "log", channel: "other" });
    }
    expect(a.stats().subscribers).toBe(0);
  });

  it("is refused if a part cannot be opened, and leaves nothing behind", async () => {
    const { world, a } = await two();
    const failing = { ...memoryLog(), open: () => Promise.reject(new Error("no disk")) };
    const setup = world.channel("bad", {}, failing);
    await expect(setup).rejects.toThrow(/The log of channel "bad" could not be opened: no disk/);
    const bad = world.closedChannel("bad", failing);
    const subscriber = world.connect({ a: a.subscribe(), bad: bad.subscribe() });
    expect(await subscriber.closed).toBe("refused");
    expect(subscriber.status).toBe(503);
    expect(String(world.errors[0]?.error)).toContain('channel "bad"');
    expect(a.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
  });

  it("counts as a subscriber of each channel, and shows its channels and the topics of all parts", async () => {
    const { world, a, b } = await two();
    const subscriber = world.connect({ a: a.subscribe({ topics: ["t"] }), b: b.subscribe({ topics: ["u", "t"] }) });
    await turns();
    expect(a.stats()).toMatchObject({ subscribers: 1, live: 1 });
    expect(b.presence()).toEqual({
      subscribers: 1,
      topics: new Map([
        ["u", 1],
        ["t", 1],
      ]),
    });
    const [stream] = world.hub.streams;
    expect(stream!.describe()).toMatchObject({
      channel: undefined,
      channels: ["a", "b"],
      topics: ["t", "u"],
      state: "live",
    });
    subscriber.disconnect();
    expect(a.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
  });
});
