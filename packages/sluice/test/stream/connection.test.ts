import { describe, expect, it } from "vitest";
import { CLOSE_REASONS } from "../../src/stream/close-reason.ts";
import { Site } from "../support/site.ts";
import { EndlessSource, valuesThenSilence } from "../support/sources.ts";
import { until } from "../support/until.ts";

describe("connections()", () => {
  it("describes each open stream, in the order in which they were opened", async () => {
    await using site = await Site.open();
    const began = Date.now();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe({ topics: ["b", "a"] });
    site.options = { subscriber: { id: "phone", user: "ada", plan: "gold" } };
    const first = await site.get();
    site.source = valuesThenSilence(1, 2);
    site.options = {};
    const second = await site.get();
    site.source = new EndlessSource(16_000);
    site.request({ paused: true });
    const position = await channel.publish("n", 1, { topics: ["a"] });
    await until("all streams are open", () => {
      const states = site.sluice.connections().map(({ state }) => state);
      return first.stream.events.length === 1 && second.stream.events.length === 2 && states[2] === "lagging";
    });
    const [one, two, three] = site.sluice.connections();
    expect(one).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-1$/),
      subscriber: { id: "phone", user: "ada", plan: "gold" },
      channel: "news",
      channels: ["news"],
      topics: ["b", "a"],
      state: "live",
      lastEventId: position,
      openedAt: expect.any(Date),
      remoteAddress: "127.0.0.1",
      events: 1,
      bytes: expect.any(Number),
    });
    expect(one!.bytes).toBeGreaterThanOrEqual(first.stream.bytes);
    expect(one!.openedAt.getTime()).toBeGreaterThanOrEqual(began);
    expect(two).toMatchObject({ state: "live", events: 2, subscriber: undefined, channel: undefined });
    expect(three).toMatchObject({ state: "lagging" });
    expect(new Set([one!.id, two!.id, three!.id]).size).toBe(3);
  });
});

describe("stats()", () => {
  it("counts opened streams, delivered events and closed streams by reason", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const clients = await Promise.all([site.get(), site.get(), site.get()]);
    await until("all are live", () => channel.stats().live === 3);
    await channel.publish("n", 1);
    await channel.publish("n", 2);
    await until("all clients have all events", () => clients.every(({ stream }) => stream.events.length === 2));
    const { bytes, ...stats } = site.sluice.stats();
    expect(stats).toMatchObject({ streams: 3, live: 3, lagging: 0, opened: 3, published: 2, delivered: 6, gaps: 0 });
    const received = clients.reduce((sum, { stream }) => sum + stream.bytes, 0);
    // Framing adds some bytes to each chunk.
    expect(bytes).toBeGreaterThan(received);
    expect(bytes).toBeLessThan(received * 1.2);

    clients[0]!.close();
    await until("the stream has ended", () => site.sluice.stats().streams === 2);
    site.sluice.disconnect(() => true);
    site.source = () => null;
    await site.get();
    const none = Object.fromEntries(CLOSE_REASONS.map((reason) => [reason, 0]));
    expect(site.sluice.stats()).toMatchObject({
      streams: 0,
      opened: 3,
      delivered: 6,
      bytes,
      closed: { ...none, client: 1, disconnected: 2, refused: 1 },
    });
  });
});
