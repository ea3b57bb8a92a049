import { describe, expect, it } from "vitest";
import { type SourceContext, SseItem } from "../../../../src/index.ts";
import { until } from "../../../support/until.ts";
import type { Carrier, TestClient } from "../carriers/carrier.ts";
import { TransportSite } from "../transport-site.ts";

const SHORT = "/?sluice-short=1";
/** Long enough that no stream of these tests ends because of it, unless the test waits for that. */
const LONG_MS = 60_000;

/** Short streams end by themselves, in order, and lose nothing from one to the next. */
export function shortContract(carrier: Carrier): void {
  /** Requests a stream, and resolves at its end. */
  async function receive(site: TransportSite, lastEventId?: string, path = SHORT): Promise<TestClient> {
    const ended = site.reasons.length;
    const client = await site.get({ path, ...(lastEventId && { headers: { "last-event-id": lastEventId } }) });
    await until("the stream has ended", () => site.reasons.length > ended && (client.complete || client.over));
    return client;
  }

  describe("that is short", () => {
    it("ends with what there is, in order and once, from one request to the next", async () => {
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel("news");
      site.source = channel.subscribe();
      site.options = { shortStreams: { wait: LONG_MS } };
      // A new subscriber receives its position at once, so that it loses nothing until its next request.
      let { stream } = await receive(site);
      expect(stream.events).toEqual([]);
      expect(stream.lastEventId).toBe(await channel.position());
      // A client behind the proxy may receive nothing until the end of the wait.
      expect(stream.comments).toEqual([`heartbeat=${LONG_MS}`, "short"]);

      const received: unknown[] = [];
      for (let i = 0; i < 5; i++) {
        await channel.publish("n", i * 2);
        await channel.publish("n", i * 2 + 1);
        ({ stream } = await receive(site, stream.lastEventId));
        received.push(...stream.data);
      }
      expect(received).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(site.reasons).toEqual(Array(6).fill("short"));
      expect(site.sluice.stats().closed.short).toBe(6);
      expect(channel.stats().subscribers).toBe(0);
    });

    it("waits for the next event, and ends with it", async () => {
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel("news");
      site.source = channel.subscribe();
      site.options = { shortStreams: { wait: LONG_MS } };
      const client = site.request({ path: SHORT, headers: { "last-event-id": await channel.position() } });
      await until("it is live", () => channel.stats().live === 1);
      await channel.publish("n", 1);
      await until("it has ended", () => site.reasons.length === 1 && (client.complete || client.over));
      expect(client.stream.data).toEqual([1]);
      expect(site.reasons).toEqual(["short"]);
    });

    it("ends after the wait if nothing comes", async () => {
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel("news");
      site.source = channel.subscribe();
      site.options = { shortStreams: { wait: 100 } };
      const position = await channel.position();
      const { stream } = await receive(site, position);
      expect(stream.events).toEqual([]);
      expect(stream.comments.at(-1)).toBe("short");
      expect(site.reasons).toEqual(["short"]);
    });

    it("replays everything, however long, before it ends", async () => {
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
      const from = await channel.position();
      for (let i = 0; i < 300; i++) await channel.publish("n", `${i} ${".".repeat(2_000)}`);
      site.source = channel.subscribe();
      site.options = { shortStreams: { wait: LONG_MS } };
      const { stream } = await receive(site, from);
      expect(stream.events.map(({ data }) => Number.parseInt(data, 10))).toEqual(
        Array.from({ length: 300 }, (_, i) => i),
      );
      expect(stream.lastEventId).toBe(await channel.position());
    });

    it("reports a gap and ends", async () => {
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel("news", { retain: { events: 2 } });
      const from = await channel.position();
      for (let i = 0; i < 5; i++) await channel.publish("n", i);
      site.source = channel.subscribe();
      site.options = { shortStreams: { wait: LONG_MS } };
      const { stream } = await receive(site, from);
      expect(stream.events.map(({ type }) => type)).toEqual(["gap", "n", "n"]);
    });

    it("sends a snapshot with its position, and ends", async () => {
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel("news");
      await channel.publish("n", 1);
      site.source = channel.subscribe({ initial: () => [new SseItem([1], { event: "all" })] });
      site.options = { shortStreams: { wait: LONG_MS } };
      const { stream } = await receive(site);
      expect(stream.data).toEqual([[1]]);
      expect(stream.lastEventId).toBe(await channel.position());
    });

    it("receives only the events of its topics, types and filter, and its position past the others", async () => {
      await using site = await TransportSite.open(carrier, { heartbeat: 100 });
      const channel = site.sluice.channel("news");
      site.source = channel.subscribe({ topics: ["a"] });
      site.options = { shortStreams: { wait: LONG_MS } };
      const from = await channel.position();
      await channel.publish("n", 1, { topics: ["b"] });
      await channel.publish("n", 2, { topics: ["a"] });
      const { stream } = await receive(site, from);
      expect(stream.data).toEqual([2]);
      await channel.publish("n", 3, { topics: ["b"] });
      // The heartbeat carries the new position.
      const later = await receive(site, stream.lastEventId);
      expect(later.stream.events).toEqual([]);
      expect(later.stream.lastEventId).toBe(await channel.position());
    });

    it("combines channels with one position", async () => {
      await using site = await TransportSite.open(carrier);
      const [a, b] = [site.sluice.channel("a"), site.sluice.channel("b")];
      site.source = site.sluice.combine({ a: a.subscribe(), b: b.subscribe() });
      site.options = { shortStreams: { wait: LONG_MS } };
      let { stream } = await receive(site);
      await Promise.all([a.publish("x", 1), b.publish("y", 2)]);
      ({ stream } = await receive(site, stream.lastEventId));
      expect(stream.events.map(({ type }) => type).sort()).toEqual(["a.x", "b.y"]);
      const next = site.request({ path: SHORT, headers: { "last-event-id": stream.lastEventId } });
      await until("it is live in both", () => a.stats().live + b.stats().live === 2);
      await b.publish("y", 3);
      await until("it has ended", () => site.reasons.length === 3 && (next.complete || next.over));
      expect(next.stream.events.map(({ type, data }) => `${type} ${data}`)).toEqual(["b.y 3"]);
      expect(site.reasons).toEqual(["short", "short", "short"]);
    });

    it("sends a snapshot of a part with the positions of all parts, and ends", async () => {
      await using site = await TransportSite.open(carrier);
      const [a, b] = [site.sluice.channel("a"), site.sluice.channel("b")];
      const combination = site.sluice.combine({ a: a.subscribe(), b: b.subscribe({ initial: () => [1] }) });
      site.source = combination;
      site.options = { shortStreams: { wait: LONG_MS } };
      const { stream } = await receive(site);
      expect(stream.data).toEqual([1]);
      expect(stream.lastEventId).toBe(await combination.position());
    });

    it("follows a job to its end, after which the answer is 204", async () => {
      await using site = await TransportSite.open(carrier);
      const jobs = site.sluice.jobs<number>("import");
      let report!: (value: number) => unknown;
      let finish!: () => void;
      const { id } = jobs.start(async ({ progress }) => {
        report = progress;
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
      });
      await until("it runs", () => finish !== undefined);
      site.source = jobs.progress(id);
      site.options = { shortStreams: { wait: LONG_MS } };
      const first = site.request({ path: SHORT });
      await until("the stream is open", () => site.sluice.stats().streams === 1);
      report(1);
      await until("the first has ended", () => site.reasons.length === 1);
      const { lastEventId } = first.stream;
      expect(first.stream.data).toEqual([1]);
      finish();
      const last = await receive(site, lastEventId);
      expect(last.stream.events.map(({ type }) => type)).toEqual(["completed"]);
      const nothing = await receive(site, last.stream.lastEventId);
      expect(nothing.status).toBe(204);
    });

    it("resumes a source of the application whose events have IDs", async () => {
      await using site = await TransportSite.open(carrier);
      site.source = async function* ({ lastEventId, signal }: SourceContext) {
        const next = Number(lastEventId ?? 0) + 1;
        yield new SseItem("a", { id: String(next) });
        yield new SseItem("b", { id: String(next + 1) });
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      };
      site.options = { shortStreams: { wait: LONG_MS } };
      const first = await receive(site);
      expect(first.stream.events.map(({ lastEventId }) => lastEventId)).toEqual(["1", "2"]);
      const second = await receive(site, first.stream.lastEventId);
      expect(second.stream.events.map(({ lastEventId }) => lastEventId)).toEqual(["3", "4"]);
      expect(site.reasons).toEqual(["short", "short"]);
    });

    it("stays open if the events of its source have no IDs", async () => {
      await using site = await TransportSite.open(carrier);
      let finish!: () => void;
      const more = new Promise<void>((resolve) => {
        finish = resolve;
      });
      site.source = async function* () {
        yield "a";
        await more;
        yield "b";
      };
      site.options = { shortStreams: { wait: 100 } };
      const client = site.request({ path: SHORT });
      await until("the first event has arrived", () => client.stream.events.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(site.reasons).toEqual([]);
      finish();
      await until("it has ended", () => site.reasons.length === 1 && (client.complete || client.over));
      expect(client.stream.events.map(({ data }) => data)).toEqual(["a", "b"]);
      expect(client.stream.comments).not.toContain("short");
      expect(site.reasons).toEqual(["source-ended"]);
    });

    it("may not be stored by a cache, also if its own headers permit it", async () => {
      await using site = await TransportSite.open(carrier);
      site.source = site.sluice.channel("news").subscribe();
      site.options = { shortStreams: true };
      expect((await receive(site)).headers["cache-control"]).toBe("no-store, no-transform");
      site.options = { shortStreams: true, headers: { "Cache-Control": "public, max-age=60" } };
      expect((await receive(site)).headers["cache-control"]).toBe("no-store, no-transform");
      site.options = { shortStreams: true, headers: { "cache-control": "private, no-store" } };
      expect((await receive(site)).headers["cache-control"]).toBe("private, no-store");
    });

    it.each([
      ["the option is not set", {}, SHORT],
      ["the option is false", { shortStreams: false }, SHORT],
      ["the request does not ask for it", { shortStreams: { wait: 100 } }, "/?sluice-short=0"],
    ])("is an ordinary stream if %s", async (_, options, path) => {
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel("news");
      site.source = channel.subscribe();
      site.options = options;
      const client = await site.get({ path });
      expect(client.headers["cache-control"]).toBe("no-cache, no-transform");
      await until("it is live", () => channel.stats().live === 1);
      await channel.publish("n", 1);
      await until("the event has arrived", () => client.stream.events.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await channel.publish("n", 2);
      await until("the next one has arrived", () => client.stream.events.length === 2);
      expect(site.reasons).toEqual([]);
    });

    it("is refused beyond the limit, and ends in a drain with a reconnection time", async () => {
      await using site = await TransportSite.open(carrier, { maxConnections: 1 });
      const channel = site.sluice.channel("news");
      site.source = channel.subscribe();
      site.options = { shortStreams: { wait: LONG_MS } };
      const client = site.request({ path: SHORT, headers: { "last-event-id": await channel.position() } });
      await until("it is live", () => channel.stats().live === 1);
      const other = await site.get({ path: SHORT, keep: true });
      expect(other.status).toBe(503);
      await site.sluice.drain({ timeout: 0 });
      await until("it has ended", () => client.complete || client.over);
      expect(client.stream.comments).not.toContain("short");
      expect(client.stream.retries).toHaveLength(2);
      expect(site.reasons).toEqual(["refused", "drained"]);
    });
  });
}
