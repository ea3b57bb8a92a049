import { describe, expect, it } from "vitest";
import type { Source, SourceContext } from "../../../../src/index.ts";
import { holdTransports } from "../../../support/held-load.ts";
import { EndlessSource, ParkedSource } from "../../../support/sources.ts";
import { until } from "../../../support/until.ts";
import type { Carrier } from "../carriers/carrier.ts";
import { TransportSite } from "../transport-site.ts";

/** More than a kernel buffers for a reader that does not read. */
const REPLAY = { events: 1_500, characters: 16_000 };

/** A sweep detects a half-closed connection with bytes in it. Sweeps come eight times in this heartbeat interval. */
const FREQUENT_SWEEPS = { heartbeat: 200 };

/** A client that leaves ends its stream, in every state of the stream, and is not an error. */
export function vanishContract(carrier: Carrier): void {
  describe.each(carrier.ways)("when the client leaves by %s", (way) => {
    async function expectCleanEnd(site: TransportSite): Promise<void> {
      await until("the stream has ended", () => site.reasons.length > 0);
      expect(site.reasons).toEqual(["client"]);
      expect(site.sluice.connections()).toEqual([]);
      expect(site.errors).toEqual([]);
    }

    it("while idle, its stream ends and leaves the channel", async () => {
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel("news");
      site.source = channel.subscribe({ topics: ["a"] });
      const client = await site.get();
      await until("the stream is live", () => channel.stats().live === 1);
      client.leave(way);
      await expectCleanEnd(site);
      expect(channel.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
    });

    it("while the source is waiting in next(), return() runs and the signal aborts", async () => {
      await using site = await TransportSite.open(carrier);
      const source = new ParkedSource();
      site.source = source.open;
      const client = await site.get();
      await until("the source waits", () => source.pulls === 1);
      client.leave(way);
      await expectCleanEnd(site);
      expect(source).toMatchObject({ returned: 1, pulls: 1, signal: { aborted: true } });
    });

    it("while a generator waits for a promise that rejects on abort, its finally runs", async () => {
      await using site = await TransportSite.open(carrier);
      const steps: string[] = [];
      site.source = async function* ({ signal }: SourceContext) {
        try {
          yield 1;
          await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        } finally {
          steps.push("finally");
        }
      };
      const client = await site.get();
      await until("the event has arrived", () => client.stream.events.length === 1);
      client.leave(way);
      await expectCleanEnd(site);
      await until("the generator is done", () => steps.length > 0);
      expect(site.errors).toEqual([]);
    });

    it("while backpressured, the source is not pulled again, return() runs, and the signal aborts", async () => {
      await using site = await TransportSite.open(carrier, FREQUENT_SWEEPS);
      const source = new EndlessSource(16_000);
      site.source = source.open;
      const client = site.request({ paused: true });
      await untilFull(site, () => source.pulls);
      client.leave(way);
      await expectCleanEnd(site);
      const { pulls } = source;
      expect(source).toMatchObject({ returned: 1, signal: { aborted: true } });
      await site.sluice.channel("other").publish("x", 1);
      expect(source.pulls).toBe(pulls);
    });

    it("during a replay, its stream leaves the channel", async () => {
      await using site = await TransportSite.open(carrier, FREQUENT_SWEEPS);
      const channel = site.sluice.channel("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
      const data = ".".repeat(REPLAY.characters);
      for (let i = 0; i < REPLAY.events; i++) await channel.publish("line", data);
      site.source = channel.subscribe({ from: "start" });
      const client = site.request({ paused: true });
      await untilFull(site, () => site.sluice.stats().delivered);
      expect(site.sluice.stats().delivered).toBeLessThan(REPLAY.events);
      client.leave(way);
      await expectCleanEnd(site);
      expect(channel.stats()).toMatchObject({ subscribers: 0, lagging: 0, cohorts: 0 });
    });

    it("while the code of streams is being loaded, nothing is opened, and nothing is counted", async () => {
      using load = holdTransports();
      await using site = await TransportSite.open(carrier, { maxConnections: 1 });
      const source = new ParkedSource();
      site.source = source.open;
      const client = site.request();
      await until("the load has begun", () => load.isAwaited);
      client.leave(way);
      await until("the server has noticed", () => site.arrivals[0]?.gone === true);
      load.release();
      await expectCleanEnd(site);
      expect(source.pulls).toBe(0);
      expect(site.sluice.stats()).toMatchObject({ streams: 0, opened: 0 });
      expect((await site.get()).status).toBe(200);
    });

    it("before the head is written, nothing is opened, and a source that is made later is returned", async () => {
      await using site = await TransportSite.open(carrier, { maxConnections: 1 });
      const made = new ParkedSource();
      let makeIt = () => {};
      let signal: AbortSignal | undefined;
      site.source = ((context: SourceContext) => {
        signal = context.signal;
        return new Promise((resolve) => {
          makeIt = () => resolve(made);
        });
      }) as Source;
      const client = site.request();
      await until("the source function was called", () => signal !== undefined);
      client.leave(way);
      await expectCleanEnd(site);
      expect(signal?.aborted).toBe(true);
      makeIt();
      await until("return() has run", () => made.returned === 1);
      expect(made.pulls).toBe(0);
      expect(site.sluice.stats()).toMatchObject({ streams: 0, opened: 0 });

      // The request that left no longer counts against `maxConnections`.
      site.source = new ParkedSource();
      expect((await site.get()).status).toBe(200);
    });
  });
}

/** Resolves once the only stream is lagging and `count` has not changed for a while. */
export async function untilFull(site: TransportSite, count: () => number): Promise<void> {
  let last = -1;
  let same = 0;
  await until("the reader blocks the writer", () => {
    const now = count();
    same = now === last && site.sluice.connections()[0]?.state === "lagging" ? same + 1 : 0;
    last = now;
    return same >= 10;
  });
}
