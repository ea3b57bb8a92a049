import { describe, it } from "vitest";
import { until } from "../../packages/sluice/test/support/until.ts";
import { BrokenSite } from "./support/broken-proxy.ts";
import { CADDY } from "./support/proxies.ts";

const WRITE_TIMEOUT_MS = 30_000;
const PACE_MS = 1_000;

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

  it("timeout-30s.Caddyfile: cuts a stream at the age of 30 s, although events flow", async ({ expect }) => {
    await using site = await BrokenSite.start(CADDY, "caddy/broken/timeout-30s.Caddyfile");
    using client = site.request();
    const publishing = setInterval(() => void site.desk.publish(), PACE_MS);
    await until("the stream ends", () => client.hasEnded, 2 * WRITE_TIMEOUT_MS).finally(() =>
      clearInterval(publishing),
    );
    expect(client.events.length).toBeGreaterThan(0);
    const age = client.endedAt! - client.requestedAt;
    console.log(`Caddy, write time-out of 30 s: a stream with events was cut after ${(age / 1_000).toFixed(1)} s`);
    expect(age).toBeGreaterThan(WRITE_TIMEOUT_MS * 0.9);
  });
});
