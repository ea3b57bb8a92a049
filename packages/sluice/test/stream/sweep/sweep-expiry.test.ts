import { afterEach, describe, expect, it, vi } from "vitest";
import { stopClock } from "../../support/clocks/clock.ts";
import { Site } from "../../support/site.ts";
import { ParkedSource } from "../../support/sources.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

const HOUR = 3_600_000;
/** No interval between two sweeps is longer. */
const SWEEP = 1_000;

/** Sets the wall clock `ms` forward. The monotonic clock stays where it is. */
function setWallClock(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

/** Moves the monotonic clock on. The wall clock stays where it is: it runs, and is set back as far. */
function passWithoutWallClock(ms: number): void {
  const wall = Date.now();
  vi.advanceTimersByTime(ms);
  vi.setSystemTime(wall);
}

/** Opens a stream whose credential expires in `lifetime` ms. */
async function openStream(site: Site, lifetime: number) {
  site.source = new ParkedSource();
  site.options = { expiresAt: Date.now() + lifetime };
  const client = await site.get();
  return { ended: () => until("the body has ended", () => client.response.complete) };
}

describe("a stream does not outlive its credential", () => {
  it("if the wall clock is set an hour forward", async () => {
    await using site = await Site.open();
    using _clock = stopClock();
    const stream = await openStream(site, HOUR / 2);
    setWallClock(HOUR);
    vi.advanceTimersByTime(SWEEP);
    await stream.ended();
    expect(site.reasons).toEqual(["expired"]);
  });

  it("if the wall clock is set an hour back", async () => {
    await using site = await Site.open();
    using _clock = stopClock();
    const stream = await openStream(site, 10_000);
    setWallClock(-HOUR);
    vi.advanceTimersByTime(9_999);
    await turns(5);
    expect(site.reasons).toEqual([]);
    vi.advanceTimersByTime(1);
    await stream.ended();
    expect(site.reasons).toEqual(["expired"]);
  });

  it("if the wall clock is set an hour back while its source is being opened", async () => {
    await using site = await Site.open();
    using _clock = stopClock();
    let open: (source: ParkedSource) => void = () => undefined;
    const opened = new Promise<ParkedSource>((resolve) => {
      open = resolve;
    });
    const asked = vi.fn(() => opened);
    site.source = asked;
    site.options = { expiresAt: Date.now() + 10_000 };
    const client = site.request();
    await until("the source is being opened", () => asked.mock.calls.length === 1);
    setWallClock(-HOUR);
    open(new ParkedSource());
    await client.when(() => client.hasHead);
    vi.advanceTimersByTime(10_000);
    await until("the body has ended", () => client.response.complete);
    expect(site.reasons).toEqual(["expired"]);
  });

  it("if its lifetime would end it later, and the wall clock is set forward", async () => {
    await using site = await Site.open({ maxLifetime: HOUR });
    using _clock = stopClock();
    const stream = await openStream(site, 2 * HOUR);
    setWallClock(2 * HOUR);
    vi.advanceTimersByTime(SWEEP);
    await stream.ended();
    expect(site.reasons).toEqual(["expired"]);
  });

  it("if the wall clock is set back after it was set forward", async () => {
    await using site = await Site.open();
    using _clock = stopClock();
    const stream = await openStream(site, 10_000);
    setWallClock(9_500);
    vi.advanceTimersByTime(SWEEP / 4);
    setWallClock(-HOUR);
    vi.advanceTimersByTime(9_000);
    await turns(5);
    // Neither clock has reached the end, although the wall clock was close to it.
    expect(site.reasons).toEqual([]);
    vi.advanceTimersByTime(1_000);
    await stream.ended();
    expect(site.reasons).toEqual(["expired"]);
  });

  it("if the machine slept, and the wall clock alone moved on", async () => {
    await using site = await Site.open();
    using _clock = stopClock();
    const stream = await openStream(site, 100_000);
    vi.advanceTimersByTime(50_000);
    setWallClock(48_000);
    vi.advanceTimersByTime(1_999);
    await turns(5);
    expect(site.reasons).toEqual([]);
    vi.advanceTimersByTime(1);
    await stream.ended();
    expect(site.reasons).toEqual(["expired"]);
  });

  it("if the monotonic clock alone moves on", async () => {
    await using site = await Site.open();
    using _clock = stopClock();
    const stream = await openStream(site, 5_000);
    for (let i = 0; i < 50; i++) passWithoutWallClock(100);
    await stream.ended();
    expect(site.reasons).toEqual(["expired"]);
  });
});

describe("with one clock standing still, and the other as it is", () => {
  afterEach(() => void vi.useRealTimers());

  it.each(["Date", "performance"] as const)("a stream expires although %s stands still", async (clock) => {
    await using site = await Site.open({ heartbeat: 100 });
    vi.useFakeTimers({ toFake: [clock] });
    const stream = await openStream(site, 300);
    await stream.ended();
    expect(site.reasons).toEqual(["expired"]);
  });

  it("a stream without a credential is not ended by a wall clock that is set a year forward", async () => {
    await using site = await Site.open({ heartbeat: 40, maxLifetime: HOUR });
    vi.useFakeTimers({ toFake: ["Date"] });
    site.source = site.sluice.channel("news").subscribe();
    const client = await site.get();
    setWallClock(365 * 24 * HOUR);
    const before = site.sluice.stats().heartbeats;
    await until("the sweep has run", () => site.sluice.stats().heartbeats > before + 2);
    expect(site.reasons).toEqual([]);
    expect(client.response.complete).toBe(false);
  });
});
