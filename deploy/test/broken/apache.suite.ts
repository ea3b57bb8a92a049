import { connect } from "node:http2";
import { setTimeout as wait } from "node:timers/promises";
import { describe, it } from "vitest";
import { BrokenSite, OBSERVED_MS } from "../support/broken/broken-proxy.ts";
import { expectEndedStreamAgain } from "../support/broken/cached-stream.ts";
import { expectCutAfter } from "../support/broken/cut-after.ts";
import { expectOneByOne } from "../support/broken/one-by-one.ts";
import { QUIET_STREAM } from "../support/desks/proxied-desk.ts";
import { eventually } from "../support/eventually.ts";
import { APACHE } from "../support/proxies/proxies.ts";

const THREADS = 25;
const HTTP2_STREAMS = 6;

describe.concurrent("the broken files of deploy/apache", () => {
  it("http2.conf: the seventh stream of a connection and all other requests on it hang", async ({ expect }) => {
    await using site = await BrokenSite.start(APACHE, "apache/broken/http2.conf");
    const session = connect(`https://localhost:${site.proxy.tlsPort}`, { rejectUnauthorized: false });
    let heads = 0;
    const request = (path: string) => {
      const stream = session.request({ ":path": path, ...site.desk.headers, accept: "text/event-stream" });
      stream.on("response", () => heads++).on("error", () => undefined);
    };
    for (let i = 0; i < HTTP2_STREAMS; i++) request(QUIET_STREAM);
    await eventually("six streams begin", () => heads === HTTP2_STREAMS);
    request(QUIET_STREAM);
    request("/health/live");
    await wait(OBSERVED_MS);
    expect(heads).toBe(HTTP2_STREAMS);
    session.destroy();
  });

  it("few-threads.conf: with as many streams as threads, every other request hangs", async ({ expect }) => {
    await using site = await BrokenSite.start(APACHE, "apache/broken/few-threads.conf");
    const clients = Array.from({ length: THREADS + 1 }, () => site.request({ path: QUIET_STREAM }));
    await eventually(
      "the threads are busy",
      () => clients.filter(({ headAt }) => headAt !== undefined).length === THREADS,
    );
    await wait(OBSERVED_MS);
    expect(clients.filter(({ headAt }) => headAt !== undefined)).toHaveLength(THREADS);
    for (const client of clients) client.disconnect();
  });

  it("gzip.conf: compresses the stream in spite of no-transform, and delivers events one by one", async () => {
    await expectOneByOne(APACHE, "apache/broken/gzip.conf", { gzip: true });
  });

  it("cache.conf: a client receives the stream of another client once more after its end", async () => {
    await expectEndedStreamAgain(APACHE, "apache/broken/cache.conf");
  });

  it("http-1.0.conf: harmless, events arrive one by one", async () => {
    await expectOneByOne(APACHE, "apache/broken/http-1.0.conf");
  });

  it("timeout-30s.conf: cuts a stream without heartbeats, and keeps one with them", async () => {
    const age = await expectCutAfter(APACHE, "apache/broken/timeout-30s.conf", 30_000);
    console.log(`Apache, 30 s time-out: a stream without heartbeats was cut after ${(age / 1_000).toFixed(1)} s`);
  });
});
