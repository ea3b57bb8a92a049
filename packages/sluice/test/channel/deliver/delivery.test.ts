import { describe, expect, it, vi } from "vitest";
import { heapGrowthPerUnit } from "../../support/heap.ts";
import { expectRoundBelow } from "../../support/rounds.ts";
import { turns } from "../../support/turns.ts";
import { openWorld, read } from "../support/channel-world.ts";

describe("the delivery", () => {
  it("writes published events before a stream ends in the same turn", async () => {
    const { channel, connect, hub } = await openWorld();
    const subscriber = connect(channel.subscribe());
    await channel.publish("n", "bye");
    for (const stream of [...hub.streams]) stream.close("drained");
    subscriber.take();
    expect(subscriber.seen.map(({ data }) => data)).toEqual(["bye"]);
  });

  it("writes a burst of events once per subscriber", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe());
    let writes = 0;
    const { write } = subscriber;
    subscriber.write = function (piece) {
      writes++;
      return write.call(this, piece);
    };
    for (let n = 0; n < 100; n++) void channel.publish("n", n);
    await turns();
    expect(writes).toBe(1);
    expect(read(subscriber)).toHaveLength(100);
  });

  it("gives subscribers with equal selections the same bytes", async () => {
    const { channel, connect } = await openWorld();
    const pieces = new Set<Uint8Array>();
    for (let n = 0; n < 10; n++) {
      const subscriber = connect(channel.subscribe({ topics: ["b", "a"] }));
      const { write } = subscriber;
      subscriber.write = function (piece) {
        pieces.add(piece.bytes);
        return write.call(this, piece);
      };
    }
    await channel.publish("n", 1, { topics: ["a"] });
    await turns();
    expect(pieces.size).toBe(1);
  });

  it("gives a reader every event of a burst that exceeds window and retention in one turn", async () => {
    const { channel, connect } = await openWorld({ retain: { events: 20 }, window: { events: 10 } });
    const subscriber = connect(channel.subscribe());
    for (let n = 0; n < 500; n++) void channel.publish("n", n);
    await turns();
    expect(read(subscriber)).toEqual(Array.from({ length: 500 }, (_, n) => n));
    expect(channel.stats()).toMatchObject({ retained: 20, window: { events: 10 } });
  });

  it("starts a new `flushInterval` after an early flush, and writes nothing after the channel is closed", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { channel, connect } = await openWorld({ flushInterval: 300 });
      const subscriber = connect(channel.subscribe());
      await channel.publish("n", 1);
      vi.advanceTimersByTime(200);
      connect(channel.subscribe());
      expect(read(subscriber)).toEqual([1]);
      await channel.publish("n", 2);
      vi.advanceTimersByTime(200);
      expect(read(subscriber)).toEqual([1]);
      vi.advanceTimersByTime(100);
      expect(read(subscriber)).toEqual([1, 2]);
      await channel.publish("n", 3);
      await channel.shutDown();
      vi.advanceTimersByTime(300);
      expect(read(subscriber)).toEqual([1, 2]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("gathers events for `flushInterval`", async () => {
    const { channel, connect } = await openWorld({ flushInterval: 30 });
    const subscriber = connect(channel.subscribe());
    await channel.publish("n", 1);
    await turns(1);
    expect(read(subscriber)).toEqual([]);
    await expect.poll(() => read(subscriber)).toEqual([1]);
  });

  it("makes one piece for all cohorts that select the same events", async () => {
    const { channel, connect } = await openWorld();
    const pieces = new Set<unknown>();
    for (let n = 0; n < 500; n++) {
      const subscriber = connect(channel.subscribe({ topics: ["all", `user:${n}`], types: ["n"] }));
      const { write } = subscriber;
      subscriber.write = function (piece) {
        pieces.add(piece);
        return write.call(this, piece);
      };
    }
    await turns();
    pieces.clear();
    await channel.publish("n", 1, { topics: ["all"] });
    await channel.publish("m", 2, { topics: ["all"] });
    await channel.publish("n", 3, { topics: ["user:7", "user:8"] });
    await turns();
    // The first event for most, and both for two of them.
    expect(pieces.size).toBe(2);
  });

  it("takes little memory for a subscription with many topics", async () => {
    const STREAMS = 50;
    let names = 0;
    const measure = async () => {
      const { channel, connect } = await openWorld();
      const subscribers: ReturnType<typeof connect>[] = [];
      const bytes = await heapGrowthPerUnit(STREAMS, async () => {
        for (let stream = 0; stream < STREAMS; stream++) {
          const topics = Array.from({ length: 1_000 }, () => `topic:${names++}`);
          subscribers.push(connect(channel.subscribe({ topics })));
        }
      });
      for (const subscriber of subscribers) subscriber.disconnect();
      return bytes;
    };
    await expectRoundBelow(150_000, measure);
  });
});
