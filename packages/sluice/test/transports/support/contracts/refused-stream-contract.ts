import { describe, expect, it } from "vitest";
import type { RefuseAsStream, SluiceOptions, StreamOptions } from "../../../../src/index.ts";
import { ParkedSource } from "../../../support/sources.ts";
import { until } from "../../../support/until.ts";
import type { Carrier, ClientRequest, TestClient } from "../carriers/carrier.ts";
import { TransportSite } from "../transport-site.ts";

/** The request of a native `EventSource`. */
const EVENT_SOURCE: ClientRequest = { headers: { accept: "text/event-stream" } };

async function drainingSite(carrier: Carrier, options: SluiceOptions = {}): Promise<TransportSite> {
  const site = await TransportSite.open(carrier, options);
  void site.sluice.drain({ timeout: 0 });
  return site;
}

async function fullSite(carrier: Carrier, refuseAsStream?: RefuseAsStream): Promise<TransportSite> {
  const site = await TransportSite.open(carrier, { maxConnections: 1, ...(refuseAsStream && { refuseAsStream }) });
  site.source = () => new ParkedSource();
  await site.get(EVENT_SOURCE);
  return site;
}

async function expectReconnection(client: TestClient): Promise<void> {
  await until("the stream has ended", () => client.complete);
  expect(client.status).toBe(200);
  expect(client.headers).toMatchObject({
    "content-type": "text/event-stream",
    "cache-control": "no-store, no-transform",
  });
  expect(client.headers["retry-after"]).toBeUndefined();
  expect(client.stream.events).toEqual([]);
  expect(client.stream.retries).toEqual([expect.any(Number)]);
  expect(client.stream.retries[0]).toBeGreaterThanOrEqual(2_000);
  expect(client.stream.retries[0]).toBeLessThanOrEqual(6_000);
}

/** A native `EventSource` that receives 503 gives up for good. A stream that ends makes it connect again. */
export function refusedStreamContract(carrier: Carrier): void {
  describe("that gets no stream for now", () => {
    it("by a draining server gets a stream that says when to reconnect, if it accepts nothing else", async () => {
      await using site = await drainingSite(carrier);
      for (const accept of ["text/event-stream", "TEXT/event-stream;q=1, text/event-stream"])
        await expectReconnection(await site.get({ headers: { accept } }));
      await until("the end is reported", () => site.reasons.length === 2);
      expect(site.reasons).toEqual(["refused", "refused"]);
      expect(site.errors).toEqual([]);
      expect(site.sluice.stats()).toMatchObject({ streams: 0, opened: 0, closed: { refused: 2 } });
    });

    it.each<[string, ClientRequest]>([
      ["names no type", {}],
      ["accepts all types", { headers: { accept: "*/*" } }],
      ["accepts a page", { headers: { accept: "text/html" } }],
      ["accepts other types too, as openEventStream() does", { headers: { accept: "text/event-stream, */*" } }],
      ["is a HEAD", { ...EVENT_SOURCE, method: "HEAD" }],
      ["is a POST", { ...EVENT_SOURCE, method: "POST" }],
    ])("by a draining server gets 503 if it %s", async (_, request) => {
      await using site = await drainingSite(carrier);
      site.options = { methods: ["GET", "POST"] };
      const client = await site.get({ ...request, keep: true });
      expect(client.status).toBe(503);
      expect(client.headers["retry-after"]).toMatch(/^[2-5]$/);
    });

    it("has the headers of the options, and is not compressed", async () => {
      await using site = await drainingSite(carrier, { compress: true });
      site.options = { headers: { "Access-Control-Allow-Origin": "https://desk.example" } };
      const client = await site.get({ headers: { ...EVENT_SOURCE.headers, "accept-encoding": "gzip" } });
      await expectReconnection(client);
      expect(client.headers).toMatchObject({ "access-control-allow-origin": "https://desk.example" });
      expect(client.headers["content-encoding"]).toBeUndefined();
    });

    it("reconnects no sooner than its stream asks for", async () => {
      await using site = await drainingSite(carrier);
      site.options = { retry: 60_000 };
      const client = await site.get(EVENT_SOURCE);
      await until("the stream has ended", () => client.complete);
      expect(client.stream.retries[0]).toBeGreaterThanOrEqual(48_000);
    });

    it("is no failure for `throws` and `onRefuse`", async () => {
      const rendered: number[] = [];
      await using site = await drainingSite(carrier);
      site.options = { throws: "all", onRefuse: ({ status }) => void rendered.push(status) } satisfies StreamOptions;
      await expectReconnection(await site.get(EVENT_SOURCE));
      expect(rendered).toEqual([]);
    });

    it("gets such a stream if the drain begins while its source is being opened", async () => {
      await using site = await TransportSite.open(carrier);
      let isOpening = false;
      site.source = () => {
        isOpening = true;
        return new Promise(() => undefined);
      };
      const client = site.request(EVENT_SOURCE);
      await until("the source is being opened", () => isOpening);
      void site.sluice.drain({ timeout: 0 });
      await expectReconnection(client);
    });

    it("gets 503 in all cases if `refuseAsStream` is false", async () => {
      await using site = await drainingSite(carrier, { refuseAsStream: false });
      expect((await site.get({ ...EVENT_SOURCE, keep: true })).status).toBe(503);
    });

    it("at a limit gets 503, and with `limits` a stream", async () => {
      await using strict = await fullSite(carrier);
      expect((await strict.get({ ...EVENT_SOURCE, keep: true })).status).toBe(503);
      await using site = await fullSite(carrier, "limits");
      await expectReconnection(await site.get(EVENT_SOURCE));
      await site.sluice.drain({ timeout: 0 });
      await expectReconnection(await site.get(EVENT_SOURCE));
    });

    it("because there are too many channels gets 503, and with `limits` a stream", async () => {
      for (const refuseAsStream of ["draining", "limits"] as const) {
        await using site = await TransportSite.open(carrier, { maxChannels: 1, refuseAsStream });
        site.sluice.channel("one");
        site.source = () => site.sluice.channel("two").subscribe();
        const client = await site.get({ ...EVENT_SOURCE, keep: refuseAsStream === "draining" });
        if (refuseAsStream === "draining") expect(client.status).toBe(503);
        else await expectReconnection(client);
      }
    });

    it("because its key has too many gets 429, also with `limits`", async () => {
      const limits = { maxConnectionsPerKey: 1, connectionKey: () => "ada", refuseAsStream: "limits" } as const;
      await using site = await TransportSite.open(carrier, limits);
      site.source = () => new ParkedSource();
      await site.get(EVENT_SOURCE);
      expect((await site.get({ ...EVENT_SOURCE, keep: true })).status).toBe(429);
    });

    it.each([401, 403, 404])("because its source throws a %s gets that status, also with `limits`", async (status) => {
      await using site = await TransportSite.open(carrier, { refuseAsStream: "limits" });
      site.source = async () => {
        throw Object.assign(new Error("no"), { status });
      };
      expect((await site.get({ ...EVENT_SOURCE, keep: true })).status).toBe(status);
    });
  });
}
