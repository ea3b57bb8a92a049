import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openEventStream } from "../../../../src/client/index.ts";
import { FakeBrowser } from "./support/fake-browser.ts";
import { FakeFeed } from "./support/fake-feed.ts";
import { loadAll, openShared, type SharedStream } from "./support/open-shared.ts";
import { FAKED, pass, settle } from "./support/pass-time.ts";

const ADDRESS = "http://feed.example/";
const LONG_MS = 8_000;

describe("the option shareAcrossTabs", () => {
  let browser: FakeBrowser;
  let opened: SharedStream[];
  beforeAll(loadAll);
  beforeEach(() => {
    vi.useFakeTimers({ toFake: FAKED });
    browser = new FakeBrowser();
    opened = [];
  });
  afterEach(() => {
    for (const stream of opened) stream.close();
    vi.useRealTimers();
  });

  function open(
    feed: FakeFeed,
    options: Parameters<typeof openShared>[2] = {},
    url: Parameters<typeof openShared>[1] = ADDRESS,
  ) {
    const tab = browser.open();
    const stream = openShared(tab, url, { fetch: feed.fetchOf(tab), ...options });
    opened.push(stream);
    return stream;
  }

  const status = () => opened.map(({ state, sharing, received }) => [state, sharing, received]);

  it.each(["headers", "body", "withCredentials"])("requires a shareKey with %s", (name) => {
    const options = { [name]: { headers: { a: "b" }, body: "x", withCredentials: true }[name], shareAcrossTabs: true };
    const code = expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining("shareKey") });
    expect(() => openEventStream(ADDRESS, options)).toThrow(code);
    expect(() => openEventStream(ADDRESS, { ...options, shareKey: "" })).toThrow(code);
  });

  it("does not share with headers while a function returns the empty text, which names no user", async () => {
    const feed = new FakeFeed();
    const tabs = [1, 2].map(() => open(feed, { headers: () => ({ authorization: "a" }), shareKey: () => "" }));
    await pass(1_000);
    expect(tabs.map(({ sharing, state }) => [sharing, state])).toEqual(Array(2).fill(["alone", "open"]));
    expect(feed.open).toBe(2);
  });

  it.each([42, 0, {}, ["ada"], Promise.resolve("ada")])(
    "does not share while a function returns a key that is no text (%j), and reports that once",
    async (shareKey) => {
      const feed = new FakeFeed();
      let key: unknown = shareKey;
      const tabs = [1, 2].map(() => open(feed, { shareKey: () => key as never }));
      await pass(1_000);
      feed.publish(3);
      await settle(() => tabs.every(({ received }) => received.length === 3), LONG_MS, status);
      expect(tabs.map(({ sharing, state }) => [sharing, state])).toEqual(Array(2).fill(["alone", "open"]));
      const error = expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining("shareKey: string"),
      });
      expect(tabs.map(({ errors }) => errors)).toEqual([[error], [error]]);
      key = "ada";
      feed.publish(1);
      await settle(() => tabs.every(({ sharing }) => sharing !== "alone"), LONG_MS, status);
      expect(tabs.map(({ sharing }) => sharing).sort()).toEqual(["follower", "holder"]);
    },
  );

  it.each([null, undefined])("does not share, and reports nothing, while a function returns %j", async (shareKey) => {
    const feed = new FakeFeed();
    const tabs = [1, 2].map(() => open(feed, { shareKey: () => shareKey as undefined }));
    await pass(1_000);
    expect(tabs.map(({ sharing, errors }) => [sharing, errors])).toEqual(Array(2).fill(["alone", []]));
  });

  it("shares only between equal bodies, as far as they are texts", async () => {
    const feed = new FakeFeed();
    const tabs = ["a", "b", "a"].map((body) => open(feed, { body, shareKey: "ada" }));
    await pass(1_000);
    expect(tabs.map(({ sharing }) => sharing)).toEqual(["holder", "holder", "follower"]);
  });

  it("passes on nothing of a connection that was opened for another user", async () => {
    const [feed, other] = [new FakeFeed(), new FakeFeed()];
    let user = "ada";
    const tab = browser.open();
    const [mine, theirs] = [feed.fetchOf(tab), other.fetchOf(tab)];
    const holder = openShared(tab, ADDRESS, {
      fetch: (url, init) => (user === "ada" ? mine : theirs)(url, init),
      shareKey: () => user,
      // The user changes after the URL was asked for, and before the request is sent.
      headers: async () => {
        if (feed.requests > 0) user = "bob";
        return { authorization: user };
      },
    });
    opened.push(holder);
    await pass(100);
    const follower = open(feed, { shareKey: "ada" });
    await pass(100);
    expect([holder.sharing, follower.sharing]).toEqual(["holder", "follower"]);
    holder.reconnect();
    await settle(() => other.open === 1, LONG_MS, status);
    other.publish(3);
    await settle(() => follower.sharing === "holder", LONG_MS, status);
    feed.publish(1);
    await settle(() => follower.received.length > 0, LONG_MS, status);
    await pass(1_000);
    expect(follower.received).toEqual([1]);
    expect(browser.messages.filter(({ data }) => JSON.stringify(data).includes('"n\\":3'))).toEqual([]);
  });

  it("shares only between equal URLs and equal keys", async () => {
    const feed = new FakeFeed();
    const tabs = [
      open(feed, { shareKey: "ada" }),
      open(feed, { shareKey: "bob" }),
      open(feed, { shareKey: "ada" }, `${ADDRESS}?topic=x`),
      open(feed),
      open(feed, { shareKey: () => "ada" }),
      open(feed, { shareKey: "ada" }, async () => new URL(ADDRESS)),
    ];
    await pass(1_000);
    const parts = tabs.map(({ sharing }) => sharing);
    expect(parts).toEqual(["holder", "holder", "holder", "holder", "follower", "follower"]);
  });

  it("ignores a message that names another group, on whichever channel it comes", async () => {
    const feed = new FakeFeed();
    const tab = open(feed, { shareKey: "ada" });
    open(feed, { shareKey: "ada" });
    await pass(100);
    const [channel] = browser.channels;
    const foreign = { f: "x", t: 99, id: tab.lastEventId, e: [{ lastEventId: "e-9", type: "n", data: '{"n":9}' }] };
    for (const { onmessage } of browser.channels)
      onmessage?.({ data: { ...foreign, k: `${channel!.name}x` } } as MessageEvent);
    await pass(100);
    expect(opened.map(({ received }) => received)).toEqual([[], []]);
  });

  it("leaves the group before an event is delivered if the key has changed, also with busy consumers", async () => {
    const [feed, other] = [new FakeFeed(), new FakeFeed()];
    let user = "ada";
    const tab = browser.open();
    const [mine, theirs] = [feed.fetchOf(tab), other.fetchOf(tab)];
    const fetch: typeof mine = (url, init) => (user === "ada" ? mine : theirs)(url, init);
    const second = [open(feed, { shareKey: "ada" }), openShared(tab, ADDRESS, { fetch, shareKey: () => user })][1]!;
    opened.push(second);
    await pass(100);
    let release: (() => void) | undefined;
    second.work = () => new Promise<void>((resolve) => (release = resolve));
    feed.publish(10);
    await settle(() => opened[0]!.received.length === 10, LONG_MS, status);
    expect(second.received).toEqual([1]);
    user = "bob";
    release?.();
    second.work = undefined;
    await pass(1_000);
    expect(second.received).toEqual([1]);
    other.publish(3);
    feed.publish(3);
    await settle(() => second.received.length === 4, LONG_MS, status);
    expect(second.received).toEqual([1, 1, 2, 3]);
    expect(second.sharing).toBe("holder");
  });

  it("does not share while the function for the key throws or returns no text", async () => {
    const feed = new FakeFeed();
    let key: string | undefined;
    const tab = open(feed, { shareKey: () => key });
    const failing = open(feed, {
      shareKey: () => {
        throw new Error("no session");
      },
    });
    await pass(1_000);
    expect([tab.sharing, failing.sharing, feed.open]).toEqual(["alone", "alone", 2]);
    expect(failing.errors).toContainEqual(new Error("no session"));
    key = "ada";
    feed.publish(3);
    await settle(() => tab.received.length > 0 || tab.sharing === "holder", LONG_MS, status);
    expect(tab.sharing).toBe("holder");
  });

  it("keeps a position for each key: in a Storage by name, elsewhere in the text", async () => {
    const feed = new FakeFeed();
    const items = new Map<string, string>();
    const storage = {
      getItem: (name: string) => items.get(name) ?? null,
      setItem: (name: string, value: string) => void items.set(name, value),
    };
    let text = "";
    const store = { load: () => text, save: (value: string) => (text = value) };
    open(feed, { persist: storage, shareKey: "ada" });
    open(feed, { persist: storage, shareKey: "bob" });
    open(feed, { persist: store, shareKey: "ada" });
    await pass(200);
    feed.publish(2);
    await settle(() => opened.every(({ received }) => received.length === 2), LONG_MS, status);
    for (const stream of opened) stream.close();
    await pass(10);
    expect([...items.keys()]).toEqual([`sluice:${ADDRESS} ada`, `sluice:${ADDRESS} bob`]);
    expect(text).toBe("ada\ne-2");
    feed.publish(1);
    const again = [open(feed, { persist: store, shareKey: "ada" }), open(feed, { persist: store, shareKey: "bob" })];
    await pass(500);
    expect(again.map(({ received }) => received)).toEqual([[3], []]);
  });

  it("has a connection of its own without Web Locks or BroadcastChannel, and if locks are refused", async () => {
    const feed = new FakeFeed();
    for (const missing of [{ navigator: undefined }, { BroadcastChannel: undefined }, "refused" as const]) {
      const tab = browser.open();
      const refuse = () => Promise.reject(new DOMException("refused", "SecurityError"));
      Object.assign(tab.world, missing === "refused" ? { navigator: { locks: { request: refuse } } } : missing);
      opened.push(openShared(tab, ADDRESS, { fetch: feed.fetchOf(tab) }));
    }
    await pass(100);
    feed.publish(3);
    await settle(() => opened.every(({ received }) => received.length === 3), LONG_MS, status);
    expect(opened.map(({ sharing }) => sharing)).toEqual(["alone", "alone", "alone"]);
    expect(feed.open).toBe(3);
  });

  it("joins another group after reconnect() if the URL has changed, and calls a function for it once", async () => {
    const feed = new FakeFeed();
    let topic = "a";
    const url = vi.fn(() => `${ADDRESS}?topic=${topic}`);
    open(feed, {}, `${ADDRESS}?topic=a`);
    const tab = open(feed, {}, url);
    await pass(500);
    expect(tab.sharing).toBe("follower");
    topic = "b";
    tab.reconnect();
    await settle(() => tab.sharing === "holder", LONG_MS, status);
    expect(url).toHaveBeenCalledTimes(2);
    expect(feed.open).toBe(2);
  });

  it("connects although the URL is another one each time", async () => {
    const feed = new FakeFeed();
    let ticket = 0;
    const tab = open(feed, { backoff: 1 }, () => `${ADDRESS}?ticket=${ticket++}`);
    await settle(() => tab.state === "open", LONG_MS, status);
    tab.reconnect();
    await settle(() => feed.requests === 2 && tab.state === "open", LONG_MS, status);
    await pass(1_000);
    expect([feed.requests, ticket]).toEqual([2, 2]);
  });

  it("replaces the connection of the group when a follower reconnects", async () => {
    const feed = new FakeFeed();
    const [first, second] = [open(feed), open(feed)];
    await pass(100);
    second.reconnect();
    await settle(() => feed.requests === 2, LONG_MS, status);
    feed.publish(2);
    await settle(() => opened.every(({ received }) => received.length === 2), LONG_MS, status);
    expect([first.sharing, second.sharing, feed.open]).toEqual(["holder", "follower", 1]);
  });
});
