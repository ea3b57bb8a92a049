import { describe, it } from "vitest";
import { BrokenSite } from "../support/broken/broken-proxy.ts";
import { expectLiveCutAfter } from "../support/broken/cut-after.ts";
import { CADDY } from "../support/proxies/proxies.ts";

describe.concurrent("the broken files of deploy/caddy", () => {
  it("buffering.Caddyfile: no head arrives", async ({ expect }) => {
    await using site = await BrokenSite.start(CADDY, "caddy/broken/buffering.Caddyfile");
    using client = await site.observe();
    expect(client.headAt).toBeUndefined();
    expect(client.hasEnded).toBe(false);
  });

  it("gzip.Caddyfile: a client that accepts gzip receives a head and no event", async ({ expect }) => {
    await using site = await BrokenSite.start(CADDY, "caddy/broken/gzip.Caddyfile");
    const [gzip, identity] = await Promise.all([site.observe({ gzip: true }), site.observe()]);
    using _gzip = gzip;
    using _identity = identity;
    expect(gzip.headers["content-encoding"]).toBe("gzip");
    expect(gzip.comments).toEqual([]);
    expect(identity.comments).toHaveLength(1);
  });

  it("timeout-30s.Caddyfile: cuts a stream at the age of 30 s, although events flow", async () => {
    const age = await expectLiveCutAfter(CADDY, "caddy/broken/timeout-30s.Caddyfile", 30_000);
    console.log(`Caddy, write time-out of 30 s: a stream with events was cut after ${(age / 1_000).toFixed(1)} s`);
  });
});
