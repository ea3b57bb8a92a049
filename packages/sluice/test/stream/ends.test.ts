import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { stopClock } from "../support/clock.ts";
import { Site } from "../support/site.ts";
import { ParkedSource } from "../support/sources.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";

describe("expiresAt", () => {
  it.each([
    ["a Date", (ms: number) => new Date(ms)],
    ["a number", (ms: number) => ms],
  ])("as %s ends the stream then, not before", async (_, make) => {
    await using site = await Site.open();
    using _clock = stopClock();
    site.source = site.sluice.channel("news").subscribe();
    site.options = { expiresAt: make(Date.now() + 3_600_000) };
    const client = await site.get();
    vi.advanceTimersByTime(3_599_990);
    await turns(5);
    expect(site.reasons).toEqual([]);
    vi.advanceTimersByTime(10);
    await until("the body has ended", () => client.response.complete);
    expect(site.reasons).toEqual(["expired"]);
    expect(site.sluice.connections()).toEqual([]);
  });

  it("that is over already ends the stream at once, and leaves nothing in the channel", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel("news");
    const ending = new AbortController();
    const listened = vi.spyOn(ending.signal, "addEventListener");
    site.source = channel.subscribe({ topics: ["a"] });
    const other = await site.get();
    await until("the other is live", () => channel.stats().live === 1);
    site.options = { expiresAt: Date.now() - 1, signal: ending.signal };
    const client = await site.get();
    await until("the body has ended", () => client.response.complete);
    expect(site.reasons).toEqual(["expired"]);
    expect(listened).not.toHaveBeenCalled();
    expect(channel.stats()).toMatchObject({ subscribers: 1, cohorts: 1 });
    // One that shares its cohort must not be forgotten with it.
    await channel.publish("n", 1, { topics: ["a"] });
    await until("the event has come", () => other.stream.events.length === 1);
  });

  it("that is over already is told to onClose, as any end is", async () => {
    await using site = await Site.open();
    const told: unknown[] = [];
    site.source = new ParkedSource();
    const onClose = (...about: unknown[]) => void told.push(about);
    site.options = { expiresAt: 0, subscriber: { user: "ada" }, onClose };
    const client = await site.get();
    await until("the body has ended", () => client.response.complete);
    expect(told).toMatchObject([["expired", { subscriber: { user: "ada" }, events: 0 }]]);
    expect(site.errors).toEqual([]);
  });

  it("of Infinity is never", async () => {
    await using site = await Site.open({ heartbeat: Number.POSITIVE_INFINITY });
    using _clock = stopClock();
    site.source = new ParkedSource();
    site.options = { expiresAt: Number.POSITIVE_INFINITY };
    await site.get();
    vi.advanceTimersByTime(1_000_000);
    expect(site.sluice.connections()).toHaveLength(1);
  });
});

describe("maxLifetime", () => {
  it("ends each stream at its own time, within 20 % of it", async () => {
    await using site = await Site.open({ maxLifetime: 100_000 });
    using _clock = stopClock();
    site.source = site.sluice.channel("news").subscribe();
    const clients = await Promise.all(Array.from({ length: 50 }, () => site.get()));
    vi.advanceTimersByTime(79_900);
    await turns(5);
    expect(site.reasons).toEqual([]);
    vi.advanceTimersByTime(20_100);
    await turns(5);
    const early = site.reasons.length;
    expect(early).toBeGreaterThan(5);
    expect(early).toBeLessThan(45);
    vi.advanceTimersByTime(20_100);
    await until("all bodies have ended", () => clients.every(({ response }) => response.complete));
    expect(new Set(site.reasons)).toEqual(new Set(["lifetime"]));
  });

  it("gives way to an earlier expiresAt", async () => {
    await using site = await Site.open({ maxLifetime: 100_000 });
    using _clock = stopClock();
    site.source = new ParkedSource();
    site.options = { expiresAt: Date.now() + 1_000 };
    const client = await site.get();
    vi.advanceTimersByTime(1_000);
    await until("the body has ended", () => client.response.complete);
    expect(site.reasons).toEqual(["expired"]);
  });
});

describe("the option signal", () => {
  it("ends its streams when it aborts, and has one listener for all of them until the last has gone", async () => {
    await using site = await Site.open();
    const ending = new AbortController();
    const listeners = () => getEventListeners(ending.signal, "abort").length;
    const warned = vi.spyOn(process, "emitWarning");
    site.source = () => new ParkedSource();
    site.options = { signal: ending.signal };
    const clients = await Promise.all(Array.from({ length: 20 }, () => site.get()));
    expect(listeners()).toBe(1);
    expect(warned).not.toHaveBeenCalled();
    for (const client of clients) client.close();
    await until("all have gone", () => site.reasons.length === 20);
    expect(listeners()).toBe(0);

    const [first, second] = [await site.get(), await site.get()];
    expect(listeners()).toBe(1);
    ending.abort();
    await until("both have ended", () => first.response.complete && second.response.complete);
    expect(site.reasons.slice(20)).toEqual(["disconnected", "disconnected"]);
    expect(listeners()).toBe(0);
  });

  it("that has aborted already ends the stream at once", async () => {
    await using site = await Site.open();
    const source = new ParkedSource();
    site.source = source;
    site.options = { signal: AbortSignal.abort() };
    const client = await site.get();
    await until("the body has ended", () => client.response.complete);
    expect(site.reasons).toEqual(["disconnected"]);
    expect(source).toMatchObject({ pulls: 0, returned: 1 });
  });
});

describe("disconnect()", () => {
  it.each([
    ["a stream's own id", (site: Site) => ({ id: site.sluice.connections()[0]!.id }), ["ada:1"]],
    ["a subscriber's id", () => ({ id: "phone" }), ["bob:1"]],
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
    ["nobody there", () => ({ user: "eve" }), []],
  ])("by %s ends those, and says how many", async (_, selector, ended) => {
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

  it("by a predicate that throws ends nothing, and throws", async () => {
    await using site = await Site.open();
    site.source = () => new ParkedSource();
    await Promise.all([site.get(), site.get()]);
    const failing = () => {
      throw new Error("oops");
    };
    expect(() => site.sluice.disconnect(failing)).toThrow("oops");
    expect(site.sluice.connections()).toHaveLength(2);
  });
});
