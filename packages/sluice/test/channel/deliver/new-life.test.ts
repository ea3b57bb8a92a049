import { describe, expect, it } from "vitest";
import { SharedMemory } from "../../logs/support/shared-memory.ts";
import { turns } from "../../support/turns.ts";
import { openWorld } from "../support/channel-world.ts";
import { FakeSubscriber } from "../support/fake-subscriber.ts";
import { dataOf, openWorldWithLives, SMALL_WINDOW } from "../support/log-with-lives.ts";

describe("a new life of the log", () => {
  it.each([
    ["keeps the subscriber's place: the rest follows once", 0, ["a", "b", "x", "y"]],
    ["lost the subscriber's place: one gap, and what is kept follows once", 3, ["gap", "a", "b", "x", "y"]],
  ])("that the log notices within the call of a read %s", async (_, place, expected) => {
    const { store, channel, connect } = await openWorldWithLives(SMALL_WINDOW);
    const [epoch] = (await channel.position()).split("-");
    store.loseAfter(2, "x", "y");
    store.noticeAtRead();
    const subscriber = connect(channel.subscribe(), `${epoch}-${place}`);
    for (let turn = 0; turn < 20; turn++) {
      await turns();
      subscriber.take();
    }
    store.receiveAll();
    await turns();
    expect(dataOf(subscriber)).toEqual(expected);
  });

  it("that lost nothing is no gap, and positions of the earlier life stay valid", async () => {
    const { store, channel, connect } = await openWorldWithLives();
    const position = await channel.position();
    const live = connect(channel.subscribe());
    store.loseAfter(5, "f");
    store.receiveAll();
    await turns();
    expect(dataOf(live)).toEqual(["f"]);
    expect(dataOf(connect(channel.subscribe(), position))).toEqual(["f"]);
  });

  it("is a gap only for subscribers that had more than it kept", async () => {
    const { store, channel } = await openWorldWithLives();
    const epoch = (await channel.position()).split("-")[0];
    store.loseAfter(3, "D", "E", "F");
    store.receiveAll();
    for (const [offset, seen] of [
      [2, ["c", "D", "E", "F"]],
      [3, ["D", "E", "F"]],
      [4, ["gap", "a", "b", "c", "D", "E", "F"]],
    ] as const) {
      const items = channel.subscribe().after(`${epoch}-${offset}`);
      for (const expected of seen) {
        const { type, data } = (await items.next()).value!;
        expect(type === "gap" ? "gap" : data).toBe(expected);
      }
      await items.return();
    }
  });

  it("that begins before the first next() of an iteration makes the iteration yield a gap", async () => {
    const { store, channel } = await openWorldWithLives();
    const items = channel.subscribe()[Symbol.asyncIterator]();
    store.loseAfter(3, "D", "E", "F");
    store.receiveAll();
    expect((await items.next()).value).toMatchObject({ type: "gap", data: { reason: "other-epoch" } });
    expect((await items.next()).value).toMatchObject({ data: "a" });
    await items.return();
  });

  it("that begins during a read does not mix the events read with its own", async () => {
    const { store, channel, connect } = await openWorldWithLives(SMALL_WINDOW);
    const epoch = (await channel.position()).split("-")[0];
    const release = store.hold();
    const subscriber = connect(channel.subscribe(), `${epoch}-2`);
    store.loseAfter(3, "D", "E", "F");
    store.receiveAll();
    release();
    await turns();
    expect(dataOf(subscriber)).toEqual(["c", "D", "E", "F"]);
    expect(subscriber.seen.map(({ lastEventId }) => lastEventId).at(-1)).toBe(await channel.position());
  });

  // The answer passes through some promises before it reaches the subscriber.
  it.each(Array.from({ length: 10 }, (_, microtask) => [microtask]))(
    "that begins %i microtasks after the answer to a read does not mix the events read with its own",
    async (microtasks) => {
      const { store, channel, connect } = await openWorldWithLives(SMALL_WINDOW);
      const epoch = (await channel.position()).split("-")[0];
      const release = store.hold();
      const subscriber = connect(channel.subscribe(), `${epoch}-2`);
      release();
      for (let i = 0; i < microtasks; i++) await undefined;
      store.loseAfter(3, "D", "E", "F");
      store.receiveAll();
      await turns();
      const other = connect(channel.subscribe(), `${epoch}-2`);
      await turns();
      const seen = dataOf(subscriber);
      // Either it had received more than was kept, or it had not.
      if (seen.includes("gap")) expect(seen).toEqual(["c", "d", "e", "gap", "a", "b", "c", "D", "E", "F"]);
      else expect(seen).toEqual(["c", "D", "E", "F"]);
      expect(dataOf(other)).toEqual(["c", "D", "E", "F"]);
    },
  );

  it("does not deliver events that an earlier life had read ahead and then lost", async () => {
    const { store, channel, connect } = await openWorldWithLives(SMALL_WINDOW);
    const epoch = (await channel.position()).split("-")[0];
    store.appendElsewhere("x".repeat(2_000));
    store.receiveAll();
    store.appendElsewhere("lost");
    // The events read for this lagging subscriber are kept for others.
    connect(channel.subscribe(), `${epoch}-0`);
    await turns();
    store.loseAfter(6, "f", "g");
    store.receiveAll();
    await turns();
    const other = connect(channel.subscribe(), `${epoch}-4`);
    await turns();
    other.take();
    await turns();
    expect(dataOf(other).map((data) => data.at(-1))).toEqual(["e", "x", "f", "g"]);
  });

  it("continues a subscriber in the run queue once, so that no event comes twice", async () => {
    const { store, channel, hub } = await openWorldWithLives(SMALL_WINDOW);
    const epoch = (await channel.position()).split("-")[0];
    const many = (name: string) => Array.from({ length: 20 }, (_, n) => `${name}${n}${"x".repeat(400)}`);
    store.appendElsewhere(...many("old"));
    store.receiveAll();
    const subscriber = new FakeSubscriber(hub, channel.subscribe(), `${epoch}-0`, true);
    while (subscriber.seen.length === 0) await undefined;
    // Its first read in the new life completes after the turn that it waited for in the old life.
    const release = store.hold();
    store.loseAfter(0, ...many("new"));
    store.receiveAll();
    await turns();
    release();
    await turns(20);
    const seen = dataOf(subscriber);
    expect(seen.length).toBeGreaterThan(21);
    expect(seen.slice(seen.indexOf("gap"))).toEqual(["gap", ...many("new")]);
  });
});

it("a gap names the position of a live subscriber that has received no event yet", async () => {
  const store = new SharedMemory();
  const { channel, connect } = await openWorld({}, {}, store.open());
  const position = await channel.position();
  const subscriber = connect(channel.subscribe());
  await expect.poll(() => channel.stats().live).toBe(1);
  store.loseEverything();
  await expect
    .poll(() => {
      subscriber.take();
      return subscriber.seen.map(({ data }) => JSON.parse(data).lastEventId);
    })
    .toEqual([position]);
  subscriber.disconnect();
  await channel.shutDown();
});
