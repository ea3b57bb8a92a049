import { describe, expect, it } from "vitest";
import type { Refusal, Source } from "../../../../src/index.ts";
import { holdTransports } from "../../../support/held-load.ts";
import { ParkedSource } from "../../../support/sources.ts";
import { until } from "../../../support/until.ts";
import type { Carrier, ClientRequest } from "../carriers/carrier.ts";
import { TransportSite } from "../transport-site.ts";

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

    it("has the headers of an error instead, and never a cache-control or content-type of the options", async () => {
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

  describe("that the application renders a refusal of", () => {
    const page = ({ status, code }: Refusal) => ({
      body: JSON.stringify({ status, code }),
      contentType: "application/json",
    });
    const failure = (error: object) => async () => {
      throw Object.assign(new Error("no"), error);
    };
    const cases: [code: string, status: number, source: Source, request: ClientRequest][] = [
      ["METHOD_NOT_ALLOWED", 405, () => new ParkedSource(), { method: "POST" }],
      ["NO_CREDIT", 402, failure({ status: 402, code: "NO_CREDIT" }), {}],
      ["SOURCE_FAILED", 500, failure({}), {}],
    ];
    it.each(cases)("gets its body, with the code %s", async (code, status, source, request) => {
      await using site = await TransportSite.open(carrier, { onRefuse: page });
      site.source = source;
      site.options = { headers: CORS };
      const client = await site.get({ ...request, keep: true });
      await until("the answer is complete", () => client.complete);
      expect(JSON.parse(client.stream.body.toString())).toEqual({ status, code });
      expect([client.status, client.headers["content-type"]]).toEqual([status, "application/json"]);
      expect(client.headers).toMatchObject({ ...RECEIVED, "cache-control": "no-store" });
    });

    it("gets the body of its own option first, and the request is passed on", async () => {
      await using site = await TransportSite.open(carrier, { maxConnections: 1, onRefuse: page });
      site.source = () => new ParkedSource();
      await site.get();
      const seen: unknown[] = [];
      site.options = {
        onRefuse: ({ headers, code }, request: { url: string }) => {
          seen.push(code, headers["retry-after"], request.url.endsWith("/full"));
          return { body: "<p>ausgebucht</p>", contentType: "text/html; charset=utf-8" };
        },
      };
      const client = await site.get({ path: "/full", keep: true });
      await until("the answer is complete", () => client.complete);
      expect([client.status, client.stream.body.toString()]).toEqual([503, "<p>ausgebucht</p>"]);
      expect(seen).toEqual(["TOO_MANY_STREAMS", client.headers["retry-after"], true]);
    });

    it.each([
      ["returns nothing", () => undefined, 0],
      [
        "throws",
        () => {
          throw new Error("in onRefuse");
        },
        1,
      ],
      [
        "rejects",
        async () => {
          throw new Error("in onRefuse");
        },
        2,
      ],
      ["returns a text", () => "full", 1],
      ["returns an unsound content type", () => ({ body: "x", contentType: "a\r\nset-cookie: b" }), 1],
      ["returns a body that is no text", () => ({ body: 7, contentType: "text/plain" }), 1],
    ])("gets the text of Sluice if the application %s", async (_, onRefuse, reports) => {
      await using site = await TransportSite.open(carrier, { onRefuse: onRefuse as never });
      site.source = failing(404);
      const client = await site.get({ keep: true });
      await until("the answer is complete", () => client.complete);
      expect([client.status, client.stream.body.toString()]).toEqual([404, "no"]);
      await until("the failures are reported", () => site.errors.length === reports);
      for (const { context } of site.errors) expect(context).toEqual({ stage: "on-refuse" });
    });

    it("does not get one if nothing is left, which is a 204", async () => {
      let calls = 0;
      await using site = await TransportSite.open(carrier, { onRefuse: () => void calls++ });
      site.source = () => null;
      expect((await site.get()).status).toBe(204);
      expect(calls).toBe(0);
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
