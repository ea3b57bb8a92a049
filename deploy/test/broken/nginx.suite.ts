import { setTimeout as wait } from "node:timers/promises";
import { describe, it } from "vitest";
import { BrokenSite, OBSERVED_MS } from "../support/broken/broken-proxy.ts";
import { expectCutAfter } from "../support/broken/cut-after.ts";
import { expectOneByOne } from "../support/broken/one-by-one.ts";
import { QUIET_STREAM } from "../support/desks/proxied-desk.ts";
import { eventually } from "../support/eventually.ts";
import { NGINX } from "../support/proxies/proxies.ts";

/** The proxy_cache_lock_timeout of nginx, in ms. */
const CACHE_LOCK_MS = 5_000;

describe.concurrent("the broken files of deploy/nginx", () => {
  it("buffering.conf: no head arrives on a quiet stream", async ({ expect }) => {
    await using site = await BrokenSite.start(NGINX, "nginx/broken/buffering.conf");
    using client = await site.observe();
    expect(client.headAt).toBeUndefined();
    expect(client.hasEnded).toBe(false);
  });

  it("gzip.conf: no head arrives at a client that accepts gzip, and all events at others", async ({ expect }) => {
    await using site = await BrokenSite.start(NGINX, "nginx/broken/gzip.conf");
    const [gzip, identity] = await Promise.all([site.observe({ gzip: true }), site.observe()]);
    using _gzip = gzip;
    using _identity = identity;
    expect(gzip.headAt).toBeUndefined();
    expect(identity.firstAt).toBeDefined();
  });

  it("http-1.0.conf: events arrive one by one", async () => {
    await expectOneByOne(NGINX, "nginx/broken/http-1.0.conf");
  });

  it("timeout-30s.conf: cuts a stream without heartbeats, and keeps one with them", async () => {
    const age = await expectCutAfter(NGINX, "nginx/broken/timeout-30s.conf", 30_000);
    console.log(`nginx, 30 s time-out: a stream without heartbeats was cut after ${(age / 1_000).toFixed(1)} s`);
  });

  it("cache.conf: the second client waits for the first, and the desk sees no client leave", async ({ expect }) => {
    await using site = await BrokenSite.start(NGINX, "nginx/broken/cache.conf");
    using first = site.request({ path: `${QUIET_STREAM}?key=cached` });
    await eventually("the stream begins", () => first.firstAt !== undefined);
    using second = site.request({ path: `${QUIET_STREAM}?key=cached` });
    await eventually("the second stream begins", () => second.headAt !== undefined);
    expect(second.headAt! - first.requestedAt).toBeGreaterThan(CACHE_LOCK_MS * 0.8);
    second.close();
    first.close();
    await wait(OBSERVED_MS);
    expect(site.desk.hasStream("cached")).toBe(true);
  });
});
