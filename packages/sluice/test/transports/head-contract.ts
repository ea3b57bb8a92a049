import { constants, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readGzip } from "../support/seen-stream.ts";
import { ParkedSource, valuesThenSilence } from "../support/sources.ts";
import { until } from "../support/until.ts";
import type { Carrier } from "./carrier.ts";
import { Stage } from "./stage.ts";

/** What leaves first, and how the body is coded. */
export function headContract(carrier: Carrier): void {
  describe("that was just opened", () => {
    it("has sent its head, a comment and a reconnection time before any event", async () => {
      await using stage = await Stage.set(carrier, { retry: 1_000 });
      stage.source = new ParkedSource();
      stage.options = { headers: { "X-Own": "1", "Cache-Control": "no-store" } };
      const asker = await stage.get();
      expect(asker.status).toBe(200);
      expect(asker.headers).toMatchObject({
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        "x-own": "1",
      });
      expect(asker.headers).not.toHaveProperty("content-length");
      expect(asker.headers).not.toHaveProperty("content-encoding");
      await until("the first block has come", () => asker.stream.retries.length > 0);
      expect(asker.stream.comments).toEqual([""]);
      expect(asker.stream.events).toEqual([]);
    });

    it("sends each event when it is published, not later", async () => {
      await using stage = await Stage.set(carrier);
      const channel = stage.sluice.channel("news");
      stage.source = channel.subscribe();
      const asker = await stage.get();
      await until("it knows its position", () => asker.stream.lastEventId !== "");
      expect(asker.stream.lastEventId).toBe(await channel.position());
      for (let i = 0; i < 5; i++) {
        const id = await channel.publish("n", i);
        await until("the event has come", () => asker.stream.events.length === i + 1);
        expect(asker.stream.events[i]).toEqual({ type: "n", data: String(i), lastEventId: id });
      }
    });

    it("is ended in order by disconnect(), and a signal", async () => {
      await using stage = await Stage.set(carrier);
      const ending = new AbortController();
      stage.source = valuesThenSilence("one");
      stage.options = { signal: ending.signal, subscriber: { user: "ada" } };
      const [first, second] = [await stage.get(), await stage.get()];
      await until("both are open", () => stage.sluice.connections().length === 2);
      const { id } = stage.sluice.connections()[0]!;
      expect(stage.sluice.disconnect({ id })).toBe(1);
      await until("the first has ended", () => first.complete);
      expect(second.over).toBe(false);
      ending.abort();
      await until("the second has ended", () => second.complete);
      expect(stage.reasons).toEqual(["disconnected", "disconnected"]);
    });
  });

  describe("that is compressed", () => {
    it("says so, can be read while it goes on, and is a whole gzip body at its end", async () => {
      await using stage = await Stage.set(carrier, { compress: true });
      const channel = stage.sluice.channel("news");
      stage.source = channel.subscribe({ from: "start" });
      await channel.publish("n", "kept ".repeat(100));
      const asker = await stage.get({ headers: { "accept-encoding": "br, gzip" }, keep: true });
      expect(asker.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
      await until("what was kept has come", () => readGzip(asker.stream.body).events.length === 1);
      for (let i = 0; i < 20; i++) {
        await channel.publish("n", `${i} ${"live ".repeat(i * 100)}`);
        await until("the event has come", () => readGzip(asker.stream.body).events.length === i + 2);
      }
      stage.sluice.disconnect(() => true);
      await until("it has ended", () => asker.complete);
      // Throws where the trailer's CRC or size is not that of the body.
      const text = gunzipSync(asker.stream.body).toString();
      expect(text.match(/^data: /gm)).toHaveLength(21);
      expect(gunzipSync(asker.stream.body, { finishFlush: constants.Z_SYNC_FLUSH }).toString()).toBe(text);
    });

    it.each([["gzip;q=0"], ["identity"], ["br"], ["*;q=0"]])("is not for one who accepts %s", async (accepted) => {
      await using stage = await Stage.set(carrier, { compress: true });
      stage.source = valuesThenSilence("plain");
      const asker = await stage.get({ headers: { "accept-encoding": accepted } });
      await until("the event has come", () => asker.stream.events.length === 1);
      expect(asker.headers).not.toHaveProperty("content-encoding");
      // A cache must know that there is another answer.
      expect(asker.headers).toMatchObject({ vary: "accept-encoding" });
    });

    it("has the same head for HEAD", async () => {
      await using stage = await Stage.set(carrier, { compress: true });
      stage.source = valuesThenSilence("x");
      const asker = await stage.get({ method: "HEAD", headers: { "accept-encoding": "gzip" }, keep: true });
      expect(asker.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
      await until("it is over", () => asker.complete);
      expect(asker.stream.bytes).toBe(0);
    });

    it("holds up for a reader that does not read, and is whole when it reads", async () => {
      await using stage = await Stage.set(carrier, { compress: true, highWaterMark: 8_192 });
      const channel = stage.sluice.channel<{ n: string }>("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
      // Random, so that it does not become small.
      const noise = Array.from({ length: 16 }, () => randomText(16_000));
      for (let i = 0; i < 600; i++) await channel.publish("n", `${i} ${noise[i % 16]}`);
      stage.source = channel.subscribe({ from: "start" });
      const asker = stage.ask({ headers: { "accept-encoding": "gzip" }, paused: true, keep: true });
      await until("it is held up", () => stage.sluice.connections()[0]?.state === "lagging");
      asker.resume();
      await until("it is live", () => channel.stats().live === 1);
      stage.sluice.disconnect(() => true);
      await until("it has ended", () => asker.complete);
      expect(
        gunzipSync(asker.stream.body)
          .toString()
          .match(/^data: /gm),
      ).toHaveLength(600);
    });
  });
}

function randomText(length: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length))).toString("base64");
}
