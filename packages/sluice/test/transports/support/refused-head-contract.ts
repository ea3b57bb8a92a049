import { describe, expect, it } from "vitest";
import type { Source } from "../../../src/index.ts";
import { holdTransports } from "../../support/held-load.ts";
import { ParkedSource } from "../../support/sources.ts";
import { until } from "../../support/until.ts";
import type { Carrier, ClientRequest } from "./carrier.ts";
import { TransportSite } from "./transport-site.ts";

const CORS = { "Access-Control-Allow-Origin": "https://desk.example", "X-Desk": "1" };
const RECEIVED = { "access-control-allow-origin": "https://desk.example", "x-desk": "1" };

const failing = (status: number, headers: object = {}): Source => {
  return async () => {
    throw Object.assign(new Error("no"), { status, headers });
  };
};

/** Every answer has the headers of the options, so that a page of another origin can read it. */
export function refusedHeadContract(carrier: Carrier): void {
  describe("with own headers that gets no stream", () => {
    const cases: [status: string, source: Source, request: ClientRequest][] = [
      ["204", () => null, {}],
      ["404", failing(404), {}],
      ["500", failing(500), {}],
      ["405", () => new ParkedSource(), { method: "POST" }],
      ["200", () => new ParkedSource(), { method: "HEAD" }],
    ];
    it.each(cases)("has them on a %s", async (status, source, request) => {
      await using site = await TransportSite.open(carrier);
      site.source = source;
      site.options = { headers: CORS };
      const client = await site.get({ ...request, keep: true });
      expect(client.status).toBe(Number(status));
      expect(client.headers).toMatchObject(RECEIVED);
      await until("the answer is complete", () => client.complete);
    });

    it("has them on a 503 of a full server, and on one that is draining", async () => {
      await using site = await TransportSite.open(carrier, { maxConnections: 1 });
      site.source = () => new ParkedSource();
      site.options = { headers: CORS };
      await site.get();
      const refused = await site.get({ keep: true });
      expect(refused.status).toBe(503);
      expect(refused.headers).toMatchObject({ ...RECEIVED, "retry-after": expect.any(String) });
      void site.sluice.drain({ timeout: 0 });
      const draining = await site.get({ keep: true });
      expect(draining.status).toBe(503);
      expect(draining.headers).toMatchObject(RECEIVED);
    });

    it("has them on the 503 for code that cannot be loaded", async () => {
      using load = holdTransports();
      await using site = await TransportSite.open(carrier);
      site.options = { headers: CORS };
      const client = site.request({ keep: true });
      await until("the code is being loaded", () => load.isAwaited);
      load.fail(new Error("no such file"));
      await until("the answer has arrived", () => client.status === 503);
      expect(client.headers).toMatchObject(RECEIVED);
    });

    it("has the own headers of an error instead, and never a cache-control or content-type of the options", async () => {
      await using site = await TransportSite.open(carrier);
      site.source = failing(401, { "X-Desk": "of the error", Vary: "Cookie" });
      site.options = { headers: { ...CORS, "Cache-Control": "max-age=60", Vary: "Origin" } };
      const { headers } = await site.get({ keep: true });
      expect(headers).toMatchObject({
        ...RECEIVED,
        "x-desk": "of the error",
        "cache-control": "no-store",
        "content-type": "text/plain; charset=utf-8",
        vary: "Origin, Cookie",
      });
    });
  });

  describe("of another method", () => {
    it.each(["POST", "OPTIONS", "DELETE"] as const)(
      "%s gets 405, with the methods that open a stream",
      async (method) => {
        await using site = await TransportSite.open(carrier, { maxConnections: 1 });
        const source = new ParkedSource();
        site.source = source;
        const client = await site.get({ method, keep: true });
        expect([client.status, client.headers.allow]).toEqual([405, "GET, HEAD"]);
        await until("the refusal is reported", () => site.reasons.length === 1);
        expect(site.reasons).toEqual(["refused"]);
        expect(source).toMatchObject({ pulls: 0, returned: 1 });
      },
    );

    it("gets its stream if `methods` allows it, and then GET is refused", async () => {
      await using site = await TransportSite.open(carrier);
      site.source = () => new ParkedSource();
      site.options = { methods: ["POST"] };
      const client = await site.get({ method: "POST" });
      expect([client.status, client.headers["content-type"]]).toEqual([200, "text/event-stream"]);
      for (const method of ["GET", "HEAD"] as const) {
        const refused = await site.get({ method, keep: true });
        expect([refused.status, refused.headers.allow]).toEqual([405, "POST"]);
      }
      site.options = { methods: ["GET", "POST"] };
      expect((await site.get({ method: "HEAD", keep: true })).status).toBe(200);
      const { headers } = await site.get({ method: "DELETE", keep: true });
      expect(headers.allow).toBe("GET, HEAD, POST");
    });
  });
}
