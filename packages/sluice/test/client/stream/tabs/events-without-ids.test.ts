import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBrowser, type FakeTab } from "./support/fake-browser.ts";
import { FakeFeed } from "./support/fake-feed.ts";
import { loadAll, openShared, type SharedStream } from "./support/open-shared.ts";
import { FAKED, pass, settle } from "./support/pass-time.ts";

/** Longer than any takeover. */
const LONG_MS = 8_000;
const GAP = { reason: "no-id", lastEventId: "", resumesAfter: "" };

describe("tabs that share events without IDs", () => {
  let browser: FakeBrowser;
  let feed: FakeFeed;
  let opened: SharedStream[];
  beforeAll(loadAll);
  beforeEach(() => {
    vi.useFakeTimers({ toFake: FAKED });
    browser = new FakeBrowser();
    feed = new FakeFeed();
    feed.hasIds = false;
    opened = [];
  });
  afterEach(() => {
    for (const stream of opened) stream.close();
    vi.useRealTimers();
  });

  async function open(): Promise<{ tab: FakeTab; stream: SharedStream }> {
    const tab = browser.open();
    const stream = openShared(tab, "http://feed.example/", { fetch: feed.fetchOf(tab) });
    opened.push(stream);
    await pass(50);
    return { tab, stream };
  }

  const status = () => opened.map(({ state, sharing, received, gaps }) => [state, sharing, received, gaps]);
  const receive = (streams: SharedStream[], newest: number) =>
    settle(() => streams.every(({ received }) => received.at(-1) === newest), LONG_MS, status);

  it("have one connection if they were open before the first event", async () => {
    for (let count = 3; count > 0; count--) await open();
    feed.publish(5);
    await receive(opened, 5);
    await pass(10_000);
    expect(opened.map(({ received, gaps }) => [received, gaps])).toEqual(Array(3).fill([[1, 2, 3, 4, 5], []]));
    expect(feed.requests).toBe(1);
  });

  it("receive a gap when another tab takes over, since events may be lost", async () => {
    const [first, second, third] = [await open(), await open(), await open()];
    feed.publish(2);
    await receive(opened, 2);
    first.tab.crash();
    feed.publish(1);
    await settle(() => second.stream.sharing === "holder" && second.stream.state === "open", LONG_MS, status);
    feed.publish(1);
    await receive([second.stream, third.stream], 4);
    for (const { received, gaps } of [second.stream, third.stream]) {
      expect(received).toEqual([1, 2, 4]);
      expect(gaps).toEqual([GAP]);
    }
    expect([feed.requests, feed.open]).toEqual([2, 1]);
  });

  it("begin where they would without sharing, by a connection of their own, and disturb no other tab", async () => {
    feed.initial = 'event: n\ndata: {"n":0}\n\n';
    const first = await open();
    feed.publish(2);
    await receive(opened, 2);
    const late = await open();
    // A tab that waits for its first event must not make the holder connect again.
    await pass(10_000);
    expect(feed.requests).toBe(2);
    feed.publish(2);
    await receive(opened, 4);
    expect(opened.map(({ received }) => received)).toEqual([
      [0, 1, 2, 3, 4],
      [0, 3, 4],
    ]);
    first.tab.crash();
    await settle(() => late.stream.sharing === "holder" && late.stream.state === "open", LONG_MS, status);
    feed.publish(1);
    await receive([late.stream], 5);
    await pass(1_000);
    expect([late.stream.received, late.stream.gaps]).toEqual([[0, 3, 4, 0, 5], [GAP]]);
    expect(feed.open).toBe(1);
  });

  it("receive a gap when they thaw as a former holder", async () => {
    const [first, second] = [await open(), await open()];
    feed.publish(2);
    await receive(opened, 2);
    first.tab.freeze();
    await settle(() => second.stream.sharing === "holder" && second.stream.state === "open", LONG_MS, status);
    feed.publish(2);
    await receive([second.stream], 4);
    first.tab.thaw();
    await settle(() => first.stream.gaps.length > 0, LONG_MS, status);
    await pass(500);
    feed.publish(1);
    await receive(opened, 5);
    expect(first.stream.received).toEqual([...new Set(first.stream.received)]);
    expect(first.stream.gaps[0]).toEqual(GAP);
  });

  it("receive no gap if the events are a snapshot, which a position follows", async () => {
    feed.hasIds = true;
    feed.initial = 'event: n\ndata: {"n":0}\n\n';
    const [first, second] = [await open(), await open()];
    feed.publish(1);
    await receive(opened, 1);
    first.tab.crash();
    feed.publish(1);
    await receive([second.stream], 2);
    expect([second.stream.received, second.stream.gaps]).toEqual([[0, 1, 2], []]);
  });
});
