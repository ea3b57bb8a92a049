import { setTimeout as wait } from "node:timers/promises";
import { describe, it } from "vitest";
import { BrokenSite } from "../support/broken/broken-proxy.ts";
import { expectEndedStreamAgain } from "../support/broken/cached-stream.ts";
import { expectCutAfter } from "../support/broken/cut-after.ts";
import { eventually } from "../support/eventually.ts";
import { HAPROXY } from "../support/proxies/proxies.ts";

/** HAProxy's delay is the kernel's: 200 ms for MSG_MORE (tcp(7), TCP_CORK). */
const DELAY_MS = 200;
const EVENTS = 5;
const BODY_WAIT_MS = 10_000;

describe.concurrent("the broken files of deploy/haproxy", () => {
  it("delay.cfg: each event arrives 200 ms late", async ({ expect }) => {
    await using site = await BrokenSite.start(HAPROXY, "haproxy/broken/delay.cfg");
    using client = site.request();
    await eventually("the stream begins", () => client.firstAt !== undefined);
    const headMs = client.headAt! - client.requestedAt;
    const delays: number[] = [];
    for (let i = 0; i < EVENTS; i++) {
      await wait(2 * DELAY_MS);
      const published = performance.now();
      await site.desk.publish();
      delays.push((await client.next("orders")).at - published);
    }
    console.log(`HAProxy without http-no-delay: head ${headMs.toFixed(0)} ms, events ${delays.map(Math.round)} ms`);
    expect(Math.min(...delays)).toBeGreaterThan(DELAY_MS * 0.9);
  });

  it("gzip.cfg: leaves the stream as it is, because the stream asks for no-transform", async ({ expect }) => {
    await using site = await BrokenSite.start(HAPROXY, "haproxy/broken/gzip.cfg");
    using client = await site.observe({ gzip: true });
    expect(client.firstAt).toBeDefined();
    expect(client.headers["content-encoding"]).toBeUndefined();
  });

  it("wait-for-body.cfg: the head arrives after the wait of 10 s, with all events until then", async ({ expect }) => {
    await using site = await BrokenSite.start(HAPROXY, "haproxy/broken/wait-for-body.cfg");
    using client = await site.observe();
    expect(client.headAt).toBeUndefined();
    await eventually("the head arrives", () => client.headAt !== undefined);
    const headMs = client.headAt! - client.requestedAt;
    console.log(`HAProxy with wait-for-body: head ${headMs.toFixed(0)} ms after the request`);
    expect(headMs).toBeGreaterThan(BODY_WAIT_MS * 0.9);
  });

  it("cache.cfg: a client receives the stream of another client once more after its end", async () => {
    await expectEndedStreamAgain(HAPROXY, "haproxy/broken/cache.cfg");
  });

  it("timeout-30s.cfg: cuts a stream without heartbeats, and keeps one with them", async () => {
    const age = await expectCutAfter(HAPROXY, "haproxy/broken/timeout-30s.cfg", 30_000);
    console.log(`HAProxy, 30 s time-out: a stream without heartbeats was cut after ${(age / 1_000).toFixed(1)} s`);
  });
});
