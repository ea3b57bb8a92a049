import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBrowser, type FakeTab } from "./support/fake-browser.ts";
import { FakeFeed } from "./support/fake-feed.ts";
import { loadAll, openShared, type SharedStream } from "./support/open-shared.ts";
import { FAKED, pass, settle } from "./support/pass-time.ts";

const ADDRESS = "http://feed.example/";
/** Longer than any takeover. */
const LONG_MS = 8_000;

describe("a tab that shares a stream", () => {
  let browser: FakeBrowser;
  let feed: FakeFeed;
  /** Delay of each task of a tab, in turns. */
  let turns: number;
  let opened: SharedStream[];
  beforeAll(loadAll);
  beforeEach(() => {
    vi.useFakeTimers({ toFake: FAKED });
    turns = 0;
    browser = new FakeBrowser(() => turns);
    feed = new FakeFeed();
    opened = [];
  });
  afterEach(() => {
    for (const stream of opened) stream.close();
    vi.useRealTimers();
  });

  function open(options: Parameters<typeof openShared>[2] = {}): { tab: FakeTab; stream: SharedStream } {
    const tab = browser.open();
    const stream = openShared(tab, ADDRESS, { fetch: feed.fetchOf(tab), ...options });
    opened.push(stream);
    return { tab, stream };
  }

  async function openSeveral(count: number): Promise<{ tab: FakeTab; stream: SharedStream }[]> {
    const tabs = [];
    for (let left = count; left > 0; left--) {
      tabs.push(open());
      await pass(5);
    }
    return tabs;
  }

  const status = () => opened.map(({ state, sharing, received }) => [state, sharing, received]);
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const receive = (streams: SharedStream[], newest: number) =>
    settle(() => streams.every(({ received }) => received.at(-1) === newest), LONG_MS, status);

  it("receives the events of one connection, which the first tab holds", async () => {
    const tabs = await openSeveral(5);
    feed.publish(20);
    await receive(opened, 20);
    for (const { stream } of tabs) expect(stream.received).toEqual(numbers(1, 20));
    expect(tabs.map(({ stream }) => stream.sharing)).toEqual([
      "holder",
      ...Array.from({ length: 4 }, () => "follower"),
    ]);
    expect(opened.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => "open"));
    expect(feed.requests).toBe(1);
  });

  it("reports a change of its part beside its state", async () => {
    const [first, second] = await openSeveral(2);
    first!.tab.crash();
    await settle(() => second!.stream.sharing === "holder", LONG_MS, status);
    expect(second!.stream.changes.map(([, sharing]) => sharing)).toContain("follower");
    expect(second!.stream.changes.at(-1)).toEqual(["open", "holder"]);
  });

  it.each([
    ["crashes", ({ tab }: { tab: FakeTab }) => tab.crash()],
    ["closes its stream", ({ stream }: { stream: SharedStream }) => stream.close()],
    ["pauses", ({ stream }: { stream: SharedStream }) => stream.pause(true)],
  ])("takes over within a second when the holder %s", async (_, leave) => {
    const [first, second, third] = await openSeveral(3);
    feed.publish(5);
    await receive([third!.stream], 5);
    leave(first!);
    feed.publish(5);
    await pass(1_000);
    expect(second!.stream.sharing).toBe("holder");
    expect([second!.stream.received, third!.stream.received]).toEqual([numbers(1, 10), numbers(1, 10)]);
  });

  it("takes over within five seconds when the holder is frozen, but not while the tab is hidden", async () => {
    const [first, second] = await openSeveral(2);
    second!.tab.document.visibilityState = "hidden";
    first!.tab.freeze();
    feed.publish(5);
    await pass(LONG_MS);
    expect(second!.stream.sharing).toBe("follower");
    second!.tab.document.visibilityState = "visible";
    await pass(5_000);
    expect(second!.stream.sharing).toBe("holder");
    expect(second!.stream.received).toEqual(numbers(1, 5));
  });

  it("stays a follower of a holder that has nothing to say", async () => {
    const [, second] = await openSeveral(2);
    await pass(20_000);
    expect(second!.stream.sharing).toBe("follower");
    expect(feed.requests).toBe(1);
  });

  it.each([false, true])(
    "delivers and passes on nothing after it was thawed as a former holder (half frozen: %s)",
    async (half) => {
      const [first, second] = await openSeveral(2);
      feed.publish(3);
      await receive(opened, 3);
      first!.tab.freeze(half);
      await settle(() => second!.stream.sharing === "holder", LONG_MS, status);
      // Without the new holder, nothing but its old connection could give the thawed tab an event.
      second!.tab.freeze();
      feed.publish(3);
      const count = browser.messages.length;
      // The loss of the lock reaches the tab after the answer to an old question, and after the events.
      turns = 40;
      first!.tab.thaw();
      await pass(500);
      turns = 0;
      expect(first!.stream.received).toEqual(numbers(1, 3));
      const sent = browser.messages.slice(count).map(({ data }) => data as { m?: string });
      expect(sent.every(({ m }) => m !== undefined)).toBe(true);
      second!.tab.thaw();
      await receive([first!.stream], 6);
      expect(first!.stream.received).toEqual(numbers(1, 6));
    },
  );

  it("begins where it would without sharing: after its position, or with the events of a new stream", async () => {
    feed.initial = 'event: n\nid: e-0\ndata: {"n":0}\n\n';
    const [first] = await openSeveral(1);
    feed.publish(10);
    await receive([first!.stream], 10);
    const late = open();
    const resumed = open({ lastEventId: "e-4" });
    await pass(500);
    feed.publish(1);
    await receive(opened, 11);
    expect(first!.stream.received).toEqual(numbers(0, 11));
    expect(late.stream.received).toEqual([0, 11]);
    expect(resumed.stream.received).toEqual(numbers(5, 11));
    await settle(() => feed.open === 1, LONG_MS, status);
  });

  it("is open only when it receives each event from then on, also if it joins a busy stream", async () => {
    await openSeveral(1);
    feed.publish(10);
    await receive(opened, 10);
    turns = 6;
    const late = open();
    for (let left = 500; left > 0 && late.stream.state !== "open"; left--) {
      feed.publish(1);
      await pass(0);
    }
    const next = feed.events.length + 1;
    feed.publish(3);
    await receive(opened, next + 2);
    expect(late.stream.received).toEqual(numbers(Math.min(next, late.stream.received[0]!), next + 2));
  });

  it("joins the others when it has caught up with an idle stream", async () => {
    await openSeveral(1);
    feed.publish(3);
    await receive(opened, 3);
    // Its first position is one that the holder has not seen.
    feed.publish(1, true);
    open();
    await settle(() => opened[1]!.sharing === "follower" && feed.open === 1, LONG_MS, status);
    feed.publish(1);
    await pass(100);
    expect(opened[1]!.received).toEqual([5]);
    expect(opened[0]!.received).toEqual([1, 2, 3, 5]);
  });

  it("does not join a stream that stands still at another position", async () => {
    const [holder] = await openSeveral(1);
    // It answers the new tab, but its connection stands still before the first event.
    holder!.tab.freeze(true);
    feed.publish(1);
    const late = open({ lastEventId: "e-1" });
    await pass(5);
    holder!.tab.thaw();
    holder!.tab.freeze();
    // A hidden tab does not take over.
    late.tab.document.visibilityState = "hidden";
    await pass(LONG_MS);
    holder!.tab.thaw();
    feed.publish(1);
    await settle(() => late.stream.received.includes(2), LONG_MS, status);
    await pass(100);
    expect(late.stream.received).toEqual([2]);
    expect(holder!.stream.received).toEqual([1, 2]);
  });

  it("receives each gap: with the others, or by its own connection", async () => {
    const [first, second] = await openSeveral(2);
    feed.publish(3);
    await receive(opened, 3);
    feed.keptFrom = 100;
    feed.publish(100, true);
    first!.stream.reconnect();
    await settle(() => opened.every(({ gaps }) => gaps.length === 1), LONG_MS, status);
    const late = open({ lastEventId: "e-2" });
    await settle(() => late.stream.gaps.length === 1, LONG_MS, status);
    expect(second!.stream.gaps).toEqual([{ reason: "trimmed", lastEventId: "e-3", resumesAfter: "e-100" }]);
  });

  it("does not slow the others down, and reads by itself when it is far behind", async () => {
    const [first, second] = await openSeveral(2);
    let release: (() => void) | undefined;
    second!.stream.work = () => new Promise<void>((resolve) => (release = resolve));
    feed.padding = "x".repeat(100_000);
    feed.publish(60);
    await settle(() => first!.stream.received.length === 60, LONG_MS, status);
    expect(second!.stream.received).toEqual([1]);
    second!.stream.work = undefined;
    release?.();
    await settle(() => second!.stream.received.length === 60 && feed.open === 1, LONG_MS, status);
    expect(second!.stream.received).toEqual(numbers(1, 60));
  });

  it("slows down the server if it is alone and slow", async () => {
    const [first] = await openSeveral(1);
    first!.stream.work = () => new Promise(() => {});
    feed.padding = "x".repeat(100_000);
    feed.publish(500);
    await pass(3_000);
    expect(feed.sent).toBeLessThan(100);
    expect(feed.requests).toBe(1);
  });

  it("closes alone when its stream is complete or refused", async () => {
    const [first, second] = [open({ until: "end" }), open()];
    await pass(10);
    feed.refusal = { status: 410 };
    first.stream.reconnect();
    await settle(() => first.stream.state === "closed", LONG_MS, status);
    expect(await first.stream.closed).toMatchObject({ type: "status", status: 410 });
    feed.refusal = undefined;
    await settle(() => second.stream.state === "open" || second.stream.state === "closed", LONG_MS, status);
  });
});
