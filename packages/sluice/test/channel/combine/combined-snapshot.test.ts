import { describe, expect, it } from "vitest";
import { parseCombinedId } from "../../../src/channel/combine/combined-id.ts";
import { turns } from "../../support/turns.ts";
import { CombineWorld, seen } from "./support/combine-world.ts";

/** Makes a channel with the newest event of each key, and another one. */
async function world() {
  const made = new CombineWorld({ highWaterMark: 1_024 });
  const latestBy = ({ data }: { data: unknown }) => String((data as { key: string }).key);
  const board = await made.channel("board", { latestBy, retain: { events: 50 } });
  return { made, board, news: await made.channel("news") };
}

const positions = (id: string) => parseCombinedId(id) ?? new Map<string, string>();

describe("a part with `initial`", () => {
  it("receives the newest event of each key without an ID, under its mapped type, then the position", async () => {
    const { made, board, news } = await world();
    for (const key of ["a", "b", "a"]) await board.publish("metric", { key });
    const subscriber = made.connect({ board: board.subscribe({ initial: "latest" }), news: news.subscribe() });
    await turns();
    expect(seen(subscriber)).toEqual(['board.metric {"key":"b"}', 'board.metric {"key":"a"}']);
    expect(subscriber.seen.every(({ lastEventId }) => !positions(lastEventId).has("board"))).toBe(true);
    expect(positions(subscriber.lastEventId).get("board")).toMatch(/-3$/);
  });

  it("begins anew if the client is cut before the snapshot is complete, and other parts go on meanwhile", async () => {
    const { made, board, news } = await world();
    for (let n = 0; n < 100; n++) await board.publish("metric", { key: n, pad: "p".repeat(200) });
    const parts = () => ({ board: board.subscribe({ initial: "latest" }), news: news.subscribe() });
    const first = made.connect(parts());
    await turns();
    first.take(1_500);
    await news.publish("n", 1);
    // The part with much to send does not keep the other one waiting.
    for (let i = 0; i < 5; i++) {
      first.take();
      await turns(1);
    }
    const snapshot = first.seen.filter(({ type }) => type === "board.metric").length;
    expect(snapshot).toBeGreaterThan(3);
    expect(snapshot).toBeLessThan(100);
    expect(first.seen.filter(({ type }) => type === "news.n")).toHaveLength(1);
    expect([...positions(first.lastEventId).keys()]).toEqual(["news"]);
    first.disconnect();

    const second = made.connect(parts(), first.lastEventId);
    for (let i = 0; i < 100; i++) {
      await turns(1);
      second.take();
    }
    expect(second.seen.filter(({ type }) => type === "board.metric")).toHaveLength(100);
    expect(second.seen.filter(({ type }) => type === "news.n")).toHaveLength(0);
    expect([...positions(second.lastEventId).keys()]).toEqual(["board", "news"]);
  });

  it("leads to the gap again if the client is cut during the snapshot that replaces missed events", async () => {
    const { made, board, news } = await world();
    const parts = () => ({ board: board.subscribe({ initial: "latest" }), news: news.subscribe() });
    const first = made.connect(parts());
    await turns();
    first.take();
    for (let n = 0; n < 60; n++) await board.publish("metric", { key: n, pad: "p".repeat(100) });
    const second = made.connect(parts(), first.lastEventId);
    await turns();
    second.take(900);
    expect(second.seen[0]).toMatchObject({ type: "gap" });
    expect(JSON.parse(second.seen[0]!.data)).toMatchObject({ reason: "trimmed", channel: "board" });
    expect(positions(second.lastEventId).get("board")).toBe(positions(first.lastEventId).get("board"));
    second.disconnect();

    const third = made.connect(parts(), second.lastEventId);
    for (let i = 0; i < 30; i++) {
      await turns(1);
      third.take();
    }
    expect(third.seen.filter(({ type }) => type === "gap")).toHaveLength(1);
    expect(third.seen.filter(({ type }) => type === "board.metric")).toHaveLength(60);
    expect(positions(third.lastEventId).get("board")).toMatch(/-60$/);
  });

  it("runs a function of `initial` with the context of the stream and the position of its part", async () => {
    const { made, board, news } = await world();
    const contexts: unknown[] = [];
    const initial = ({ lastEventId, signal }: { lastEventId: string | undefined; signal: AbortSignal }) => {
      contexts.push([lastEventId, signal.aborted]);
      return ["row"];
    };
    const parts = () => ({ news: news.subscribe(), board: board.subscribe({ initial }) });
    const first = made.connect(parts());
    await turns(8);
    expect(seen(first)).toEqual(["board.message row"]);
    const gone = "zzz-4";
    const second = made.connect(parts(), `news.${positions(first.lastEventId).get("news")}~board.${gone}`);
    await turns(8);
    expect(seen(second).map((event) => event.split(" ")[0])).toEqual(["gap", "board.message"]);
    expect(contexts).toEqual([
      [undefined, false],
      [gone, false],
    ]);
  });
});
