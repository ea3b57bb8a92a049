import { describe, expect, it } from "vitest";
import { EndlessSource } from "../support/sources.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";
import type { Carrier } from "./carrier.ts";
import { Stage } from "./stage.ts";
import { untilFull } from "./vanish-contract.ts";

const EVENTS = 1_000;
const CHARACTERS = 16_000;
const STALL_MS = 400;

/** A stream goes as fast as its reader, loses nothing by it, and is cut when the reader takes nothing at all. */
export function flowContract(carrier: Carrier): void {
  describe("whose reader", () => {
    it("does not read holds up the source, and gets everything in order once it reads", async () => {
      await using stage = await Stage.set(carrier);
      const source = new EndlessSource(CHARACTERS);
      stage.source = source.open;
      const asker = stage.ask({ paused: true });
      await untilFull(stage, () => source.pulls);
      const held = source.pulls;
      await turns(50);
      expect(source.pulls).toBe(held);
      // What a kernel takes for a reader that does not read; without backpressure it would be any number.
      expect(held * CHARACTERS).toBeLessThan(64 * 1024 * 1024);

      asker.resume();
      await until("much more has come", () => asker.stream.events.length > held + 500);
      const numbers = asker.stream.events.map(({ data }) => Number.parseInt(data, 10));
      expect(numbers).toEqual(numbers.map((_, i) => i));
    });

    it("does not read while a channel goes on gets all that the channel keeps, once, in order", async () => {
      await using stage = await Stage.set(carrier);
      const channel = stage.sluice.channel<{ line: string }>("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
      stage.source = channel.subscribe();
      const slow = stage.ask({ paused: true });
      const quick = await stage.get();
      await until("both are live", () => channel.stats().live === 2);
      for (let i = 0; i < EVENTS; i++) {
        await channel.publish("line", `${i} ${".".repeat(CHARACTERS)}`);
        // In many flushes, not in one.
        if (i % 50 === 0) await turns(2);
      }
      await until("the quick one has it all", () => quick.stream.events.length === EVENTS);
      expect(channel.stats()).toMatchObject({ live: 1, lagging: 1 });
      slow.resume();
      await until("the slow one has it all", () => slow.stream.events.length === EVENTS);
      const numbers = slow.stream.events.map(({ data }) => Number.parseInt(data, 10));
      expect(numbers).toEqual(numbers.map((_, i) => i));
      await until("the slow one is live again", () => channel.stats().live === 2);
      await channel.publish("line", "last");
      await until("it hears of what comes", () => slow.stream.events.at(-1)?.data === "last");
    });

    it("takes nothing for stallTimeout is cut, and resumes with its last event ID without loss", async () => {
      await using stage = await Stage.set(carrier, { stallTimeout: 150 });
      const channel = stage.sluice.channel<{ line: string }>("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
      stage.source = channel.subscribe({ from: "start" });
      for (let i = 0; i < EVENTS; i++) await channel.publish("line", `${i} ${".".repeat(CHARACTERS)}`);
      const first = stage.ask({ paused: true });
      await until("it is cut", () => stage.reasons.length > 0);
      expect(stage.reasons).toEqual(["stalled"]);
      expect(stage.sluice.connections()).toEqual([]);
      first.resume();
      await until("it has noticed", () => first.over);
      expect(first.complete).toBe(!carrier.framed);

      const got = first.stream.events.length;
      const lastEventId = first.stream.lastEventId;
      const headers: Record<string, string> = lastEventId === "" ? {} : { "last-event-id": lastEventId };
      const second = await stage.get({ headers });
      await until("the rest has come", () => got + second.stream.events.length === EVENTS);
      const all = [...first.stream.events, ...second.stream.events];
      expect(all.map(({ data }) => Number.parseInt(data, 10))).toEqual(all.map((_, i) => i));
    });

    it("is slow, but reads, is not taken for stalled", async () => {
      await using stage = await Stage.set(carrier, { stallTimeout: STALL_MS });
      stage.source = new EndlessSource(CHARACTERS);
      const asker = await stage.get({ keep: true });
      const end = performance.now() + 3 * STALL_MS;
      let wasHeldUp = false;
      while (performance.now() < end) {
        asker.pause();
        await new Promise((resolve) => setTimeout(resolve, STALL_MS / 25));
        wasHeldUp ||= stage.sluice.connections()[0]?.state === "lagging";
        const before = asker.stream.bytes;
        asker.resume();
        await until("something has come", () => asker.stream.bytes > before);
      }
      expect(wasHeldUp).toBe(true);
      expect(stage.reasons).toEqual([]);
      asker.pause();
      await until("it is cut, now that it does nothing", () => stage.reasons.length > 0);
      expect(stage.reasons).toEqual(["stalled"]);
    });

    it("has the event loop to itself shares it: another request is served meanwhile", async () => {
      await using stage = await Stage.set(carrier);
      const source = new EndlessSource();
      stage.source = source.open;
      const busy = await stage.get();
      await until("it is on its way", () => busy.stream.events.length > 1_000);
      stage.source = () => null;
      expect((await stage.get()).status).toBe(204);
    });
  });
}
