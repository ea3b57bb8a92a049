import { describe, expect, it, vi } from "vitest";
import { stopClock } from "../../support/clocks/clock.ts";
import { Site } from "../../support/site.ts";
import { ParkedSource } from "../../support/sources.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

describe("expiresAt", () => {
  it.each([
    ["a Date", (ms: number) => new Date(ms)],
    ["a number", (ms: number) => ms],
  ])("as %s ends the stream at that time, not before", async (_, make) => {
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

  it("in the past ends the stream at once, and leaves nothing in the channel", async () => {
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
    // Another subscriber of the same cohort must stay.
    await channel.publish("n", 1, { topics: ["a"] });
    await until("the event has arrived", () => other.stream.events.length === 1);
  });

  it("in the past is reported to onClose like any end", async () => {
    await using site = await Site.open();
    const calls: unknown[][] = [];
    site.source = new ParkedSource();
    const onClose = (...args: unknown[]) => void calls.push(args);
    site.options = { expiresAt: 0, subscriber: { user: "ada" }, onClose };
    const client = await site.get();
    await until("the body has ended", () => client.response.complete);
    expect(calls).toMatchObject([["expired", { subscriber: { user: "ada" }, events: 0 }]]);
    expect(site.errors).toEqual([]);
  });

  it("of Infinity never ends the stream", async () => {
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
  it("ends each stream at a time of its own, within ±20 %", async () => {
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
