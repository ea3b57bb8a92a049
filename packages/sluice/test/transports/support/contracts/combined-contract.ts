import { describe, expect, it } from "vitest";
import { until } from "../../../support/until.ts";
import type { Carrier } from "../carriers/carrier.ts";
import { TransportSite } from "../transport-site.ts";
import { untilFull } from "./vanish-contract.ts";

const CHARACTERS = 16_000;
const EVENTS = 200;

/** A stream over several channels arrives on every transport, and resumes each channel from one event ID. */
export function combinedContract(carrier: Carrier): void {
  describe("over several channels", () => {
    it("resumes each channel exactly with the header that the client sends", async () => {
      await using site = await TransportSite.open(carrier);
      const [a, b] = [site.sluice.channel("a"), site.sluice.channel("b")];
      site.source = () => site.sluice.combine({ a: a.subscribe(), b: b.subscribe() });
      const first = await site.get();
      await until("it is live in both", () => a.stats().live + b.stats().live === 2);
      await a.publish("x", 1);
      await b.publish("y", 2);
      await until("both events have arrived", () => first.stream.events.length === 2);
      site.sluice.disconnect({ channel: "b" });
      // A client of HTTP/1.1 keeps its connection open for seconds after the stream.
      await until("it has ended", () => (carrier.framed ? first.complete : first.over));
      expect(site.reasons).toEqual(["disconnected"]);
      await Promise.all([b.publish("y", 3), a.publish("x", 4)]);

      const second = await site.get({ headers: { "last-event-id": first.stream.lastEventId } });
      await until("the missed events have arrived", () => second.stream.events.length === 2);
      await a.publish("x", 5);
      await until("and the next one", () => second.stream.events.length === 3);
      const all = [...first.stream.events, ...second.stream.events].map(({ type, data }) => `${type} ${data}`);
      expect(all.slice(0, 2)).toEqual(["a.x 1", "b.y 2"]);
      expect(all.slice(2, 4).sort()).toEqual(["a.x 4", "b.y 3"]);
      expect(all[4]).toBe("a.x 5");
    });

    it("takes its first position from the URL", async () => {
      await using site = await TransportSite.open(carrier);
      const [a, b] = [site.sluice.channel("a"), site.sluice.channel("b")];
      const combination = site.sluice.combine({ a: a.subscribe(), b: b.subscribe() });
      site.source = combination;
      const position = await combination.position();
      await Promise.all([a.publish("x", 1), b.publish("y", 2)]);
      const client = await site.get({ path: `/?lastEventId=${position}` });
      await until("both events have arrived", () => client.stream.events.length === 2);
    });

    it("answers HEAD with the head alone", async () => {
      await using site = await TransportSite.open(carrier);
      const a = site.sluice.channel("a");
      site.source = site.sluice.combine({ a: a.subscribe() });
      const client = await site.get({ method: "HEAD", keep: true });
      expect(client.status).toBe(200);
      expect(client.headers["content-type"]).toMatch(/^text\/event-stream/);
      await until("the answer is complete", () => client.complete);
      expect(a.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
    });

    it("holds no more for a reader that reads nothing than one channel does, and loses nothing", async () => {
      await using site = await TransportSite.open(carrier);
      const options = { retain: { bytes: Number.POSITIVE_INFINITY } };
      const channels = ["a", "b", "c"].map((name) => site.sluice.channel(name, options));
      site.source = site.sluice.combine(
        Object.fromEntries(channels.map((channel) => [channel.name, channel.subscribe()])),
      );
      const slow = site.request({ paused: true });
      await until("it is live in all", () => channels.every((channel) => channel.stats().live === 1));
      let published = 0;
      const publish = () =>
        Promise.all(channels.map((channel) => channel.publish("n", `${published++} ${".".repeat(CHARACTERS)}`)));
      for (let i = 0; i < EVENTS; i++) await publish();
      await untilFull(site, () => site.sluice.stats().bytes);
      expect(channels.map((channel) => channel.stats().lagging)).toEqual([1, 1, 1]);
      const held = site.sluice.stats().bytes;
      for (let i = 0; i < EVENTS; i++) await publish();
      expect(site.sluice.stats().bytes).toBe(held);
      slow.resume();
      await until("everything has arrived", () => slow.stream.events.length === published);
      for (const [index, { name }] of channels.entries()) {
        const own = slow.stream.events.filter(({ type }) => type === `${name}.n`);
        expect(own.map(({ data }) => Number.parseInt(data, 10))).toEqual(own.map((_, i) => i * 3 + index));
      }
      await until("it is live again", () => channels.every((channel) => channel.stats().live === 1));
    });
  });
}
