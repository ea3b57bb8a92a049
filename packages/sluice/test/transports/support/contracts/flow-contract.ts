import { describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import { EndlessSource } from "../../../support/sources.ts";
import { turns } from "../../../support/turns.ts";
import { until } from "../../../support/until.ts";
import type { Carrier } from "../carriers/carrier.ts";
import { TransportSite } from "../transport-site.ts";
import { untilFull } from "./vanish-contract.ts";

const EVENTS = 1_000;
const CHARACTERS = 16_000;
const STALL_MS = 400;

/** A stream is as fast as its reader, loses nothing, and is cut if the reader takes nothing at all. */
export function flowContract(carrier: Carrier): void {
  describe("whose reader", () => {
    it("does not read blocks the source, and receives everything in order once it reads", async () => {
      await using site = await TransportSite.open(carrier);
      const source = new EndlessSource(CHARACTERS);
      site.source = source.open;
      const client = site.request({ paused: true });
      await untilFull(site, () => source.pulls);
      const held = source.pulls;
      await turns(50);
      expect(source.pulls).toBe(held);
      // A kernel buffers less for a reader that does not read. Without backpressure there would be no limit.
      expect(held * CHARACTERS).toBeLessThan(64 * 1024 * 1024);

      client.resume();
      await until("much more has arrived", () => client.stream.events.length > held + 500);
      const numbers = client.stream.events.map(({ data }) => Number.parseInt(data, 10));
      expect(numbers).toEqual(numbers.map((_, i) => i));
    });

    it("does not read while events are published receives each of them once, in order, when it reads", async () => {
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel<{ line: string }>("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
      site.source = channel.subscribe();
      const slow = site.request({ paused: true });
      const quick = await site.get();
      await until("both are live", () => channel.stats().live === 2);
      for (let i = 0; i < EVENTS; i++) {
        await channel.publish("line", `${i} ${".".repeat(CHARACTERS)}`);
        // Makes many flushes instead of one.
        if (i % 50 === 0) await turns(2);
      }
      await until("the quick reader has all events", () => quick.stream.events.length === EVENTS);
      expect(channel.stats()).toMatchObject({ live: 1, lagging: 1 });
      slow.resume();
      await until("the slow reader has all events", () => slow.stream.events.length === EVENTS);
      const numbers = slow.stream.events.map(({ data }) => Number.parseInt(data, 10));
      expect(numbers).toEqual(numbers.map((_, i) => i));
      await until("the slow reader is live again", () => channel.stats().live === 2);
      await channel.publish("line", "last");
      await until("it receives new events", () => slow.stream.events.at(-1)?.data === "last");
    });

    it("takes nothing for stallTimeout is cut, and resumes with its last event ID without loss", async () => {
      await using site = await TransportSite.open(carrier, { stallTimeout: STALL_MS });
      const channel = site.sluice.channel<{ line: string }>("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
      site.source = channel.subscribe({ from: "start" });
      for (let i = 0; i < EVENTS; i++) await channel.publish("line", `${i} ${".".repeat(CHARACTERS)}`);
      const first = site.request({ paused: true });
      await until("the stream is cut", () => site.reasons.length > 0);
      expect(site.reasons).toEqual(["stalled"]);
      expect(site.sluice.connections()).toEqual([]);
      first.resume();
      await until("the client has noticed", () => first.over);
      expect(first.complete).toBe(!carrier.framed);

      const got = first.stream.events.length;
      const lastEventId = first.stream.lastEventId;
      const headers: Record<string, string> = lastEventId === "" ? {} : { "last-event-id": lastEventId };
      const second = await site.get({ headers });
      await until("the rest has arrived", () => got + second.stream.events.length === EVENTS);
      const all = [...first.stream.events, ...second.stream.events];
      expect(all.map(({ data }) => Number.parseInt(data, 10))).toEqual(all.map((_, i) => i));
    });

    it("reads slowly is not taken for stalled", async () => {
      await using site = await TransportSite.open(carrier, { stallTimeout: STALL_MS });
      site.source = new EndlessSource(CHARACTERS);
      const client = await site.get({ keep: true });
      const end = performance.now() + 3 * STALL_MS;
      while (performance.now() < end) {
        client.pause();
        await until("the socket is full", () => site.sluice.connections()[0]?.state === "lagging");
        await sleep(STALL_MS / 25);
        const before = client.stream.bytes;
        client.resume();
        await until("some bytes have arrived", () => client.stream.bytes > before);
      }
      expect(site.reasons).toEqual([]);
      client.pause();
      await until("the stream is cut after its reader stopped", () => site.reasons.length > 0);
      expect(site.reasons).toEqual(["stalled"]);
    });

    it("has a source that never waits does not block other requests", async () => {
      await using site = await TransportSite.open(carrier);
      const source = new EndlessSource();
      site.source = source.open;
      const busy = await site.get();
      await until("many events have arrived", () => busy.stream.events.length > 1_000);
      site.source = () => null;
      expect((await site.get()).status).toBe(204);
    });
  });
}
