import { describe, expect, it } from "vitest";
import { turns } from "../../support/turns.ts";
import { openWorld } from "../support/channel-world.ts";

/** Entries that no publish of Sluice writes, but another program can. */
const FOREIGN: [string, object][] = [
  ["a type with a line end", { type: "a\nb", data: "1", json: true }],
  ["an ID with a line end", { type: "n", data: "1", json: true, id: "a\nb" }],
  ["topics that are no array", { type: "n", data: "1", json: true, topics: "user:ada" }],
  ["a reconnection time that is no number", { type: "n", data: "1", json: true, retry: "soon" }],
];

describe("an entry of another program in the log", () => {
  it.each(FOREIGN)("with %s is skipped and reported, and the next event arrives", async (_, entry) => {
    const { channel, connect, log, errors } = await openWorld({ latestBy: ({ type }) => type });
    const live = connect(channel.subscribe({ topics: "*" }));
    const filtered = connect(channel.subscribe({ topics: "*", filter: () => true }));
    const items = channel.subscribe({ topics: "*" })[Symbol.asyncIterator]();
    await log().append([entry as never]);
    await channel.publish("n", "next");
    await turns();
    const replayed = connect(channel.subscribe({ topics: "*", from: "start" }));
    const newest = connect(channel.subscribe({ topics: "*", initial: "latest" }));
    await turns(10);
    for (const subscriber of [live, filtered, replayed, newest]) {
      subscriber.take();
      expect(subscriber.seen.map(({ data }) => data)).toEqual(["next"]);
    }
    expect((await items.next()).value).toMatchObject({ data: "next" });
    await items.return();
    expect((await channel.history({ topics: "*" })).events).toMatchObject([{ data: "next" }]);
    expect(errors[0]).toMatchObject({ error: { code: "INVALID_FIELD" }, context: { stage: "log", channel: "orders" } });
  });

  it("with invalid JSON is skipped where its value is needed", async () => {
    const { channel, log, errors } = await openWorld();
    const items = channel.subscribe()[Symbol.asyncIterator]();
    await log().append([{ type: "n", data: "{", json: true }]);
    await channel.publish("n", 1);
    expect((await items.next()).value).toMatchObject({ data: 1 });
    await items.return();
    expect((await channel.history()).events).toMatchObject([{ data: 1 }]);
    expect(errors.length).toBeGreaterThan(0);
  });
});
