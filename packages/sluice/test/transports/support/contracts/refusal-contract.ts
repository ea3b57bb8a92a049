import { createReadStream } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CloseReason, Connection, SluiceOptions, Source, StreamOptions } from "../../../../src/index.ts";
import { holdTransports } from "../../../support/held-load.ts";
import { makeFailingSources, makeHeldSources } from "../../../support/held-sources.ts";
import { ParkedSource } from "../../../support/sources.ts";
import { turns } from "../../../support/turns.ts";
import { until } from "../../../support/until.ts";
import type { Carrier, ClientRequest, TestClient } from "../carriers/carrier.ts";
import { TransportSite } from "../transport-site.ts";

/** A way in which a request gets no stream. */
interface Refusal {
  readonly name: string;
  readonly status: number;
  readonly settings?: SluiceOptions;
  readonly request?: ClientRequest;
  prepare?(site: TransportSite): unknown;
}

const occupy = async (site: TransportSite) => {
  site.source = () => new ParkedSource();
  await site.get();
};

const REFUSALS: Refusal[] = [
  { name: "because maxConnections are open", status: 503, settings: { maxConnections: 1 }, prepare: occupy },
  {
    name: "because maxConnectionsPerKey are open",
    status: 429,
    settings: { maxConnectionsPerKey: 1, connectionKey: () => "ada" },
    prepare: occupy,
  },
  { name: "during a drain", status: 503, prepare: ({ sluice }) => void sluice.drain({ timeout: 0 }) },
  { name: "because it is a HEAD", status: 200, request: { method: "HEAD" } },
];

/** A request without a stream gets a sound answer, and leaves nothing behind. */
export function refusalContract(carrier: Carrier): void {
  describe("that is refused", () => {
    it.each(REFUSALS)(
      "$name releases its source, which was never opened",
      async ({ status, settings, request, prepare }) => {
        await using site = await TransportSite.open(carrier, settings);
        await prepare?.(site);
        for (const { name, source, isHeld } of makeHeldSources()) {
          site.source = source;
          expect((await site.get({ ...request, keep: true })).status, name).toBe(status);
          await until(`${name} is released`, () => !isHeld());
        }
        await turns(5);
        expect(site.errors).toEqual([]);
      },
    );

    it("because its code cannot be loaded releases its source", async () => {
      using load = holdTransports();
      await using site = await TransportSite.open(carrier);
      const held = makeHeldSources();
      const clients: TestClient[] = [];
      for (const { source } of held) {
        site.source = source;
        clients.push(site.request({ keep: true }));
        await until("the request waits for the code", () => site.arrivals.length === clients.length);
      }
      await until("the code is being loaded", () => load.isAwaited);
      load.fail(new Error("no such file"));
      await until("all are answered", () => clients.every(({ status }) => status === 503));
      for (const { name, isHeld } of held) await until(`${name} is released`, () => !isHeld());
      expect(new Set(site.errors.map(({ context }) => context.stage))).toEqual(new Set(["load"]));
    });

    it.each(makeFailingSources().map(({ name }, index) => [name, index] as const))(
      "with a source that fails when it is released (%s) does not end the process",
      async (_, index) => {
        await using site = await TransportSite.open(carrier, { maxConnections: 1 });
        await occupy(site);
        site.source = makeFailingSources()[index]!.source;
        expect((await site.get({ keep: true })).status).toBe(503);
        await turns(10);
        for (const { error, context } of site.errors) {
          expect(error).toMatchObject({ message: expect.stringContaining("failed") });
          expect(context).toEqual({ stage: "source" });
        }
      },
    );

    it("with 204 must not be kept by caches", async () => {
      await using site = await TransportSite.open(carrier);
      site.source = () => null;
      const client = await site.get();
      expect([client.status, client.headers["cache-control"]]).toEqual([204, "no-store"]);
    });

    it.each([
      [502, { "retry-after": "7" }],
      [401, { "retry-after": "7", "set-cookie": "a=b", location: "/login", "www-authenticate": "Bearer" }],
    ])("with the headers of an error of status %s gets those that make sense for it", async (status, kept) => {
      await using site = await TransportSite.open(carrier);
      const headers = {
        "Set-Cookie": "a=b",
        Location: "/login",
        "WWW-Authenticate": "Bearer",
        "Retry-After": "7",
        "Cache-Control": "max-age=60",
      };
      site.source = () => {
        throw Object.assign(new Error("upstream"), { status, headers });
      };
      const client = await site.get({ keep: true });
      expect(client.status).toBe(status);
      const { "set-cookie": cookie, location, "www-authenticate": challenge, "retry-after": retry } = client.headers;
      const received = { "set-cookie": cookie, location, "www-authenticate": challenge, "retry-after": retry };
      expect(JSON.parse(JSON.stringify(received))).toEqual(kept);
      expect(client.headers["cache-control"]).toBe("no-store");
    });

    it("by an error whose properties throw is answered with 500", async () => {
      await using site = await TransportSite.open(carrier);
      const hostile = new Proxy(new Error("x"), {
        get() {
          throw new Error("in a getter");
        },
      });
      site.source = async () => {
        throw hostile;
      };
      expect((await site.get({ keep: true })).status).toBe(500);
      expect(site.errors).toHaveLength(1);
    });
  });

  describe("whose source function returns something that nothing will read", () => {
    it("does not end the process if the client left and a file is missing", async () => {
      await using site = await TransportSite.open(carrier);
      let give = () => {};
      site.source = () =>
        new Promise((resolve) => {
          give = () => resolve(createReadStream("/no/such/file"));
        });
      const client = site.request();
      const [given] = [give];
      await until("the source is requested", () => give !== given);
      client.leave(carrier.ways[0]!);
      await until("the client has left", () => site.reasons.length === 1);
      give();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(site.reasons).toEqual(["client"]);
    });

    it("releases it if the client has left", async () => {
      await using site = await TransportSite.open(carrier);
      const held = makeHeldSources();
      for (const { name, source, isHeld } of held) {
        const { length } = site.reasons;
        let give: (() => void) | undefined;
        site.source = () =>
          new Promise((resolve) => {
            give = () => resolve(source);
          });
        const client = site.request();
        await until("the source is requested", () => give !== undefined);
        client.leave(carrier.ways[0]!);
        await until("the client has left", () => site.reasons.length > length);
        give?.();
        await until(`${name} is released`, () => !isHeld());
      }
      expect(site.errors).toEqual([]);
    });

    it("cancels the body of a Response, which is no source", async () => {
      await using site = await TransportSite.open(carrier);
      let isCancelled = false;
      const body = new ReadableStream({
        cancel() {
          isCancelled = true;
        },
      });
      site.source = (async () => new Response(body)) as unknown as Source;
      expect((await site.get({ keep: true })).status).toBe(500);
      await until("the body is cancelled", () => isCancelled);
      expect(site.errors).toMatchObject([{ error: { code: "INVALID_OPTION" } }]);
    });
  });

  describe("that is disconnected while its source is being opened", () => {
    it.each([
      ["user", { user: "ada" }],
      ["the subscriber's ID", { id: "phone" }],
      ["a function", ({ subscriber, state }: Connection) => subscriber?.user === "ada" && state === "opening"],
    ])("and is found by %s counts, gets 503 and never opens", async (_, selector) => {
      await using site = await TransportSite.open(carrier);
      const closed: [CloseReason, Connection | undefined][] = [];
      let signal: AbortSignal | undefined;
      let give = () => {};
      const source = new ParkedSource();
      site.options = {
        subscriber: { user: "ada", id: "phone" },
        onClose: (reason, connection) => void closed.push([reason, connection]),
      } satisfies StreamOptions;
      site.source = (context) => {
        signal = context.signal;
        return new Promise((resolve) => {
          give = () => resolve(source);
        });
      };
      const client = site.request({ keep: true });
      await until("the source is being opened", () => signal !== undefined);
      expect(site.sluice.disconnect({ user: "bob" })).toBe(0);
      expect(site.sluice.disconnect(selector)).toBe(1);
      expect(site.sluice.disconnect(selector)).toBe(0);
      expect(signal?.aborted).toBe(true);
      await until("the request is answered", () => client.complete);
      expect(client.status).toBe(503);
      expect(client.headers).toMatchObject({ "retry-after": expect.any(String), "cache-control": "no-store" });
      give();
      await until("the source is released", () => source.returned === 1);
      expect(site.reasons).toEqual(["disconnected"]);
      expect(closed).toEqual([["disconnected", undefined]]);
      expect(site.sluice.stats()).toMatchObject({ streams: 0, opened: 0, closed: { disconnected: 1 } });
      expect(site.errors).toEqual([]);
    });

    it("and while the code of streams is being loaded gets 503, too", async () => {
      using load = holdTransports();
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel("news");
      site.source = channel.subscribe();
      site.options = { subscriber: { user: "ada" } };
      const client = site.request({ keep: true });
      await until("the code is being loaded", () => load.isAwaited);
      expect(site.sluice.disconnect({ user: "ada", channel: "news" })).toBe(1);
      expect(site.sluice.disconnect({ user: "ada" })).toBe(0);
      load.release();
      await until("the request is answered", () => client.complete);
      expect(client.status).toBe(503);
      await until("the end is reported", () => site.reasons.length === 1);
      expect(site.reasons).toEqual(["disconnected"]);
      expect(channel.stats().subscribers).toBe(0);
    });
  });
}
