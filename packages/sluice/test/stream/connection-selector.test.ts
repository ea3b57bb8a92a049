import { describe, expect, it } from "vitest";
import { type Connection, type Log, memoryLog } from "../../src/index.ts";
import { errorOf, expectOptionError } from "../support/option-cases.ts";
import { Site } from "../support/site.ts";
import { ParkedSource } from "../support/sources.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";

describe("disconnect()", () => {
  it.each([
    ["the ID of a stream", (site: Site) => ({ id: site.sluice.connections()[0]!.id }), ["ada:1"]],
    ["the ID of a subscriber", () => ({ id: "phone" }), ["bob:1"]],
    ["a user", () => ({ user: "ada" }), ["ada:1", "ada:2"]],
    ["a user and a channel", () => ({ user: "ada", channel: "two" }), ["ada:2"]],
    ["a channel", () => ({ channel: "two" }), ["ada:2"]],
    [
      "a predicate",
      () =>
        ({ subscriber }: { subscriber: unknown }) =>
          subscriber === undefined,
      ["nobody"],
    ],
    ["a user without streams", () => ({ user: "eve" }), []],
  ])("by %s ends the matching streams, and returns their number", async (_, selector, ended) => {
    await using site = await Site.open();
    const closed: string[] = [];
    const open = async (name: string, channel: string, subscriber?: { user: string; id?: string }) => {
      site.source = site.sluice.channel(channel).subscribe();
      site.options = { onClose: () => closed.push(name), ...(subscriber && { subscriber }) };
      await site.get();
    };
    await open("ada:1", "one", { user: "ada" });
    await open("ada:2", "two", { user: "ada" });
    await open("bob:1", "one", { user: "bob", id: "phone" });
    await open("nobody", "three");
    expect(site.sluice.disconnect(selector(site))).toBe(ended.length);
    expect(closed).toEqual(ended);
    expect(site.sluice.connections()).toHaveLength(4 - ended.length);
  });

  it("ends a stream over several channels if one of them is selected, by name or by a predicate", async () => {
    await using site = await Site.open();
    const [one, two, three] = ["one", "two", "three"].map((name) => site.sluice.channel(name));
    const combined = () =>
      site.sluice.combine({ a: one!.subscribe(), b: two!.subscribe({ topics: ["t"] }), c: two!.subscribe() });
    const selectors = [
      { channel: "two" },
      // A predicate that was written before there were combined streams must not spare one.
      ({ channel }: Connection) => channel === "two",
      ({ channels }: Connection) => channels.includes("one"),
      ({ topics }: Connection) => topics?.includes("t") === true,
    ];
    for (const selector of selectors) {
      site.source = three!.subscribe();
      const other = await site.get();
      site.source = combined();
      await site.get();
      expect(site.sluice.connections()[1]).toMatchObject({
        channel: undefined,
        channels: ["one", "two"],
        topics: ["t"],
      });
      expect(site.sluice.disconnect(selector)).toBe(1);
      expect(site.sluice.connections()).toMatchObject([{ channel: "three", channels: ["three"] }]);
      other.close();
      await until("no stream is left", () => site.sluice.connections().length === 0);
    }
  });

  it("ends a request for several channels while one of them is still being opened", async () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const memory = memoryLog();
    const slow: Log = {
      ...memory,
      open: async (name, options) => {
        if (name === "slow") await opened;
        return memory.open(name, options);
      },
    };
    await using site = await Site.open({ log: slow });
    const quick = site.sluice.channel("quick");
    site.source = site.sluice.combine({ a: quick.subscribe(), b: site.sluice.channel("slow").subscribe() });
    site.request();
    await until("it is found by its channel", () => site.sluice.disconnect({ channel: "slow" }) === 1);
    open();
    await until("it is answered", () => site.reasons.length === 1);
    expect(site.reasons).toEqual(["disconnected"]);
    expect(quick.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
  });

  it("ends a request whose channel is still being opened, found by the name of the channel", async () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const memory = memoryLog();
    const slow: Log = { ...memory, open: async (...about) => opened.then(() => memory.open(...about)) };
    await using site = await Site.open({ log: slow });
    site.source = () => null;
    await site.get();
    // With the code of streams loaded, the request waits for the log.
    for (const wrap of [false, true]) {
      const { length } = site.reasons;
      const orders = site.sluice.channel("orders").subscribe();
      let asked = 0;
      site.answer = (request, response) => {
        asked++;
        void site.stream(request, response);
      };
      site.source = wrap ? async () => orders : orders;
      const client = site.request({ keep: true });
      await until("the request waits", () => asked === 1);
      await turns(3);
      expect(site.sluice.disconnect({ channel: "news" })).toBe(0);
      expect(site.sluice.disconnect({ channel: "orders" })).toBe(1);
      await client.when(() => client.hasHead);
      expect(client.response.status).toBe(503);
      await until("the end is reported", () => site.reasons.length > length);
      expect(site.reasons.at(-1)).toBe("disconnected");
    }
    open();
    await turns(5);
    expect(site.sluice.channel("orders").stats().subscribers).toBe(0);
  });

  it("throws the error of a predicate, after it has ended every stream that the predicate selects", async () => {
    await using site = await Site.open();
    site.source = () => new ParkedSource();
    for (const user of ["ada", undefined, "bob", "ada"]) {
      site.options = user === undefined ? {} : { subscriber: { user } };
      await site.get();
    }
    // A common mistake: not every stream has a subscriber.
    const failing = ({ subscriber }: Connection) => (subscriber as { user: string }).user === "ada";
    expect(() => site.sluice.disconnect(failing)).toThrow(TypeError);
    expect(site.sluice.connections().map(({ subscriber }) => subscriber?.user)).toEqual([undefined, "bob"]);
    const none = () => {
      throw new Error("oops");
    };
    expect(() => site.sluice.disconnect(none)).toThrow("oops");
    expect(site.sluice.connections()).toHaveLength(2);
  });

  it.each([
    ["resolves to true", async () => true],
    ["rejects", () => Promise.reject(new Error("oops"))],
  ])("refuses a predicate whose promise %s, and ends nothing", async (_, predicate) => {
    await using site = await Site.open();
    site.source = () => new ParkedSource();
    await Promise.all([site.get(), site.get()]);
    const selector = predicate as unknown as () => boolean;
    expect(() => site.sluice.disconnect(selector)).toThrow("must be true or false, but is an object (Promise)");
    await turns(5);
    expect(site.sluice.connections()).toHaveLength(2);
  });

  it.each([
    [null, ["selector", "or a function", "null"]],
    ["ada", ["selector", "or a function", '"ada"']],
    [{}, ["selector", "`id`, `user` or `channel`", "an object (Object)"]],
    [{ topic: "a" }, ["topic", "selector has no option", "It has: id, user, channel."]],
    [{ user: "ada", stream: 7 }, ["stream", "selector has no option", "It has: id, user, channel."]],
    [{ user: 7 }, ["selector.user", "a string that is not empty", "7"]],
    [{ user: "" }, ["selector.user", "a string that is not empty", '""']],
    // Without this check the selector would match every stream of the channel.
    [{ user: undefined, channel: "news" }, ["selector.user", "a string that is not empty", "null"]],
  ])("refuses the selector %o, and ends nothing", async (selector, [option, expected, came]) => {
    await using site = await Site.open();
    site.source = site.sluice.channel("news").subscribe();
    await site.get();
    const error = await errorOf(() => site.sluice.disconnect(selector as { user: string }));
    expectOptionError(error, [option as string, undefined, expected as string, came as string]);
    expect(site.sluice.connections()).toHaveLength(1);
  });
});
