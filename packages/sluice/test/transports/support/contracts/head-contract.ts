import { constants, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readGzip } from "../../../support/clients/received-stream.ts";
import { ParkedSource, valuesThenSilence } from "../../../support/sources.ts";
import { until } from "../../../support/until.ts";
import type { Carrier } from "../carriers/carrier.ts";
import { TransportSite } from "../transport-site.ts";

/** The head and the first block of a stream, and the coding of its body. */
export function headContract(carrier: Carrier): void {
  describe("that has just opened", () => {
    it("has sent its head, a comment and a reconnection time before any event", async () => {
      await using site = await TransportSite.open(carrier, { retry: 1_000 });
      site.source = new ParkedSource();
      site.options = { headers: { "X-Own": "1", "Cache-Control": "no-store" } };
      const client = await site.get();
      expect(client.status).toBe(200);
      expect(client.headers).toMatchObject({
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        "x-own": "1",
      });
      expect(client.headers).not.toHaveProperty("content-length");
      expect(client.headers).not.toHaveProperty("content-encoding");
      await until("the first block has arrived", () => client.stream.retries.length > 0);
      expect(client.stream.comments).toEqual(["heartbeat=15000"]);
      expect(client.stream.events).toEqual([]);
    });

    it("sends each event as soon as it is published", async () => {
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel("news");
      site.source = channel.subscribe();
      const client = await site.get();
      await until("the client has its position", () => client.stream.lastEventId !== "");
      expect(client.stream.lastEventId).toBe(await channel.position());
      for (let i = 0; i < 5; i++) {
        const id = await channel.publish("n", i);
        await until("the event has arrived", () => client.stream.events.length === i + 1);
        expect(client.stream.events[i]).toEqual({ type: "n", data: String(i), lastEventId: id });
      }
    });

    it("ends in an orderly way on disconnect(), and on its signal", async () => {
      await using site = await TransportSite.open(carrier);
      const ending = new AbortController();
      site.source = valuesThenSilence("one");
      site.options = { signal: ending.signal, subscriber: { user: "ada" } };
      const [first, second] = [await site.get(), await site.get()];
      await until("both are open", () => site.sluice.connections().length === 2);
      const { id } = site.sluice.connections()[0]!;
      expect(site.sluice.disconnect({ id })).toBe(1);
      await until("the first has ended", () => first.complete);
      expect(second.over).toBe(false);
      ending.abort();
      await until("the second has ended", () => second.complete);
      expect(site.reasons).toEqual(["disconnected", "disconnected"]);
    });
  });

  describe("that is compressed", () => {
    it("announces it, can be read while it is open, and is a complete gzip body at its end", async () => {
      await using site = await TransportSite.open(carrier, { compress: true });
      const channel = site.sluice.channel("news");
      site.source = channel.subscribe({ from: "start" });
      await channel.publish("n", "kept ".repeat(100));
      const client = await site.get({ headers: { "accept-encoding": "br, gzip" }, keep: true });
      expect(client.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
      await until("the kept event has arrived", () => readGzip(client.stream.body).events.length === 1);
      for (let i = 0; i < 20; i++) {
        await channel.publish("n", `${i} ${"live ".repeat(i * 100)}`);
        await until("the event has arrived", () => readGzip(client.stream.body).events.length === i + 2);
      }
      site.sluice.disconnect(() => true);
      await until("the body has ended", () => client.complete);
      // Throws if the CRC or the size in the trailer is wrong.
      const text = gunzipSync(client.stream.body).toString();
      expect(text.match(/^data: /gm)).toHaveLength(21);
      expect(gunzipSync(client.stream.body, { finishFlush: constants.Z_SYNC_FLUSH }).toString()).toBe(text);
    });

    it.each([["gzip;q=0"], ["identity"], ["br"], ["*;q=0"]])(
      "is not sent to a client that accepts %s",
      async (accepted) => {
        await using site = await TransportSite.open(carrier, { compress: true });
        site.source = valuesThenSilence("plain");
        const client = await site.get({ headers: { "accept-encoding": accepted } });
        await until("the event has arrived", () => client.stream.events.length === 1);
        expect(client.headers).not.toHaveProperty("content-encoding");
        // A cache must know that other requests get another coding.
        expect(client.headers).toMatchObject({ vary: "accept-encoding" });
      },
    );

    it("has the same head on HEAD", async () => {
      await using site = await TransportSite.open(carrier, { compress: true });
      site.source = valuesThenSilence("x");
      const client = await site.get({ method: "HEAD", headers: { "accept-encoding": "gzip" }, keep: true });
      expect(client.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
      await until("the answer is complete", () => client.complete);
      expect(client.stream.bytes).toBe(0);
    });

    it("waits for a reader that does not read, and is complete once it reads", async () => {
      await using site = await TransportSite.open(carrier, { compress: true, highWaterMark: 8_192 });
      const channel = site.sluice.channel<{ n: string }>("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
      // Random, so that it hardly compresses.
      const noise = Array.from({ length: 16 }, () => randomText(16_000));
      for (let i = 0; i < 600; i++) await channel.publish("n", `${i} ${noise[i % 16]}`);
      site.source = channel.subscribe({ from: "start" });
      const client = site.request({ headers: { "accept-encoding": "gzip" }, paused: true, keep: true });
      await until("the stream is blocked", () => site.sluice.connections()[0]?.state === "lagging");
      client.resume();
      await until("the stream is live", () => channel.stats().live === 1);
      site.sluice.disconnect(() => true);
      await until("the body has ended", () => client.complete);
      expect(
        gunzipSync(client.stream.body)
          .toString()
          .match(/^data: /gm),
      ).toHaveLength(600);
    });
  });
}

function randomText(length: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length))).toString("base64");
}
