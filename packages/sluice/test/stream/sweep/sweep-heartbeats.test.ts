import { describe, expect, it, vi } from "vitest";
import type { RawClient } from "../../support/clients/raw-client.ts";
import { stopClock } from "../../support/clocks/clock.ts";
import { Site } from "../../support/site.ts";
import { ParkedSource } from "../../support/sources.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

const BEAT = 8_000;

/** Advances the clock a second at a time, with event-loop turns in between. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    vi.advanceTimersByTime(Math.min(left, 1_000));
    await turns(2);
  }
}

/** Returns the number of heartbeats that have arrived, without the opening comment. */
const beats = ({ stream }: RawClient) => stream.comments.length - 1;

describe("the heartbeat", () => {
  it.each([
    ["of the Sluice", { sluice: 8_000, stream: undefined, comment: "heartbeat=8000" }],
    ["of the stream, if it has its own", { sluice: 8_000, stream: 500, comment: "heartbeat=500" }],
    ["rounded up to whole ms", { sluice: 8_000, stream: 2_500.2, comment: "heartbeat=2501" }],
    ["and nothing if none is sent", { sluice: Number.POSITIVE_INFINITY, stream: undefined, comment: "" }],
  ])("states its interval in the first comment: the interval %s", async (_, { sluice, stream, comment }) => {
    await using site = await Site.open({ heartbeat: sluice });
    site.source = new ParkedSource();
    if (stream !== undefined) site.options = { heartbeat: stream };
    const client = await site.get();
    await until("the comment has arrived", () => client.stream.comments.length > 0);
    expect(client.stream.comments).toEqual([comment]);
  });

  it("is a comment on a stream that was idle for the interval, and again after the next", async () => {
    await using site = await Site.open({ heartbeat: BEAT });
    using _clock = stopClock();
    site.source = new ParkedSource();
    const client = await site.get();
    await pass(BEAT - 1);
    expect(site.sluice.stats().heartbeats).toBe(0);
    await pass(1_001);
    await until("the first has arrived", () => beats(client) === 1);
    await pass(2 * BEAT + 2_000);
    await until("two more have arrived", () => beats(client) === 3);
    expect(client.stream.events).toEqual([]);
    expect(site.sluice.stats()).toMatchObject({ heartbeats: 3, delivered: 0 });
  });

  it("is not sent on a stream that was written to", async () => {
    await using site = await Site.open({ heartbeat: BEAT });
    using _clock = stopClock();
    const busy = site.sluice.channel("busy");
    site.source = busy.subscribe();
    const client = await site.get();
    site.source = site.sluice.channel("idle").subscribe();
    const idle = await site.get();
    for (let i = 1; i <= 5; i++) {
      await pass(BEAT / 2);
      await busy.publish("n", i);
      await until("the event has arrived", () => client.stream.events.length === i);
    }
    await until("the idle stream has its heartbeats", () => beats(idle) === 2);
    expect(beats(client)).toBe(0);
  });

  it("carries the position if the channel moved on without an event for the subscriber, and only then", async () => {
    await using site = await Site.open({ heartbeat: BEAT });
    using _clock = stopClock();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe({ topics: ["a"] });
    const client = await site.get();
    await until("the client has its position", () => client.stream.lastEventId !== "");
    for (let i = 0; i < 3; i++) await channel.publish("n", i, { topics: ["b"] });
    const position = await channel.position();
    expect(client.stream.lastEventId).not.toBe(position);
    await pass(BEAT + 1_000);
    await until("the position has arrived", () => client.stream.lastEventId === position);
    expect([client.stream.events, beats(client)]).toEqual([[], 0]);
    await pass(BEAT + 1_000);
    await until("a comment has arrived", () => beats(client) === 1);
    expect(site.sluice.connections()[0]?.lastEventId).toBe(position);
  });

  it("keeps the position of an idle subscriber ahead of trimming", async () => {
    await using site = await Site.open({ heartbeat: BEAT });
    using _clock = stopClock();
    const channel = site.sluice.channel("news", { retain: { events: 2 } });
    site.source = channel.subscribe({ topics: ["a"] });
    const client = await site.get();
    for (let i = 0; i < 10; i++) await channel.publish("n", i, { topics: ["b"] });
    await pass(BEAT + 1_000);
    const position = await channel.position();
    await until("the position has arrived", () => client.stream.lastEventId === position);
    client.close();
    const again = await site.get({ headers: { "last-event-id": client.stream.lastEventId } });
    await channel.publish("n", 11, { topics: ["a"] });
    await until("an event has arrived", () => again.stream.events.length > 0);
    expect(again.stream.events.map(({ type }) => type)).toEqual(["n"]);
  });

  it("of a stream may differ from that of the Sluice", async () => {
    await using site = await Site.open({ heartbeat: BEAT });
    using _clock = stopClock();
    site.source = () => new ParkedSource();
    site.options = { heartbeat: 1_000 };
    const often = await site.get();
    site.options = { heartbeat: Number.POSITIVE_INFINITY };
    const never = await site.get();
    await pass(5_500);
    await until("the frequent one has had some", () => beats(often) >= 4);
    await pass(60_000);
    expect(beats(never)).toBe(0);
  });

  it("is not sent at once to the first stream after a long time without streams", async () => {
    await using site = await Site.open({ heartbeat: BEAT });
    using _clock = stopClock();
    site.source = () => new ParkedSource();
    (await site.get()).close();
    await until("the stream has ended", () => site.reasons.length === 1);
    await pass(20 * BEAT);
    const client = await site.get();
    await pass(BEAT - 1_000);
    expect(site.sluice.stats().heartbeats).toBe(0);
    await pass(2_000);
    await until("the heartbeat has arrived", () => beats(client) === 1);
  });

  it("needs one timer for any number of streams, and none without streams", async () => {
    await using site = await Site.open({ heartbeat: BEAT, stallTimeout: 10_000, maxLifetime: 1_000_000 });
    using _clock = stopClock();
    expect(vi.getTimerCount()).toBe(0);
    site.source = () => new ParkedSource();
    const clients = await Promise.all(Array.from({ length: 100 }, () => site.get()));
    expect(vi.getTimerCount()).toBe(1);
    await pass(3 * BEAT);
    expect(vi.getTimerCount()).toBe(1);
    for (const client of clients) client.close();
    await until("all have ended", () => site.reasons.length === 100);
    await pass(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("sweeps as rarely as before once streams with a shorter interval have ended", async () => {
    await using site = await Site.open({ heartbeat: BEAT });
    using _clock = stopClock();
    const untilNextLook = () => {
      const before = performance.now();
      vi.advanceTimersToNextTimer();
      return performance.now() - before;
    };
    site.source = () => new ParkedSource();
    site.options = { heartbeat: 80 };
    const eager = await site.get();
    expect(untilNextLook()).toBe(10);
    eager.close();
    await until("the stream has ended", () => site.reasons.length === 1);
    vi.advanceTimersByTime(10);
    site.options = {};
    await site.get();
    expect(untilNextLook()).toBe(1_000);
  });

  it("needs one timer, even if a stream with a shorter interval opens during a sweep of thousands", async () => {
    await using site = await Site.open({ heartbeat: BEAT });
    using _clock = stopClock();
    const { sluice } = site;
    const open = (heartbeat: number) =>
      sluice.response(new Request("http://localhost/"), new ParkedSource(), { heartbeat });
    for (let i = 0; i < 3_000; i++) await open(BEAT);
    // A sweep of all streams takes several turns. The next stream opens in between.
    vi.advanceTimersByTime(1_000);
    await open(100);
    for (let i = 0; i < 20; i++) {
      vi.advanceTimersByTime(10);
      await turns(10);
    }
    expect(vi.getTimerCount()).toBe(1);
  });
});
