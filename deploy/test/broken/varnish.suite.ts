import { describe, it } from "vitest";
import { BrokenSite } from "../support/broken/broken-proxy.ts";
import { expectCutAfter } from "../support/broken/cut-after.ts";
import { eventually } from "../support/eventually.ts";
import { VARNISH } from "../support/proxies/proxies.ts";

describe.concurrent("the broken files of deploy/varnish", () => {
  it("buffering.vcl: no head arrives", async ({ expect }) => {
    await using site = await BrokenSite.start(VARNISH, "varnish/broken/buffering.vcl");
    using client = await site.observe();
    expect(client.headAt).toBeUndefined();
    expect(client.hasEnded).toBe(false);
  });

  it("gzip.vcl: no client receives an event; without gzip, not even a head arrives", async ({ expect }) => {
    await using site = await BrokenSite.start(VARNISH, "varnish/broken/gzip.vcl");
    const [gzip, identity] = await Promise.all([site.observe({ gzip: true }), site.observe()]);
    using _gzip = gzip;
    using _identity = identity;
    expect(gzip.headers["content-encoding"]).toBe("gzip");
    expect(gzip.comments).toEqual([]);
    expect(identity.headAt).toBeUndefined();
  });

  it("cache.vcl: a second client receives what the first has already received", async ({ expect }) => {
    await using site = await BrokenSite.start(VARNISH, "varnish/broken/cache.vcl");
    using first = site.request();
    await eventually("the first stream begins", () => first.firstAt !== undefined);
    await site.desk.publish();
    const { id } = await first.next("orders");
    using second = site.request();
    await eventually("the second stream begins", () => second.firstAt !== undefined);
    expect((await second.next("orders")).id).toBe(id);
  });

  it("timeout-30s.vcl: cuts a stream without heartbeats, and keeps one with them", async () => {
    const age = await expectCutAfter(VARNISH, "varnish/broken/timeout-30s.vcl", 30_000);
    console.log(`Varnish, 30 s time-out: a stream without heartbeats was cut after ${(age / 1_000).toFixed(1)} s`);
  });
});
