import { describe, expect, it } from "vitest";
import { BrokenSite } from "../support/broken/broken-proxy.ts";
import { expectLiveCutAfter } from "../support/broken/cut-after.ts";
import { expectOneByOne } from "../support/broken/one-by-one.ts";
import { describeOutage } from "../support/contracts/outage-contract.ts";
import { describeProxy } from "../support/contracts/proxy-contract.ts";
import { describeRestarts } from "../support/contracts/restart-contract.ts";
import { readYaml } from "../support/deploy-file.ts";
import { ifFound } from "../support/proxies/optional-proxies.ts";
import { TRAEFIK } from "../support/proxies/proxies.ts";

describe("deploy/traefik", () => {
  it("traefik.yaml: no time-out for writing, room for many streams, and the routes of dynamic.yaml", async () => {
    const [{ entryPoints, providers }] = await readYaml("traefik/traefik.yaml");
    expect(Object.keys(entryPoints)).toEqual(["web", "websecure"]);
    for (const { transport } of Object.values<{ transport?: unknown }>(entryPoints)) expect(transport).toBeUndefined();
    expect(entryPoints.websecure.http2.maxConcurrentStreams).toBe(1_000);
    expect(providers.file.filename).toMatch(/dynamic\.yaml$/);
  });

  it("dynamic.yaml: retries, health checks of a route of the desk, and no middleware that buffers", async () => {
    const [{ http }] = await readYaml("traefik/dynamic.yaml");
    const { servers, healthCheck } = http.services.desk.loadBalancer;
    expect(servers).toHaveLength(2);
    expect(healthCheck).toEqual({ path: "/health/ready", interval: "1s", timeout: "1s" });
    expect(http.routers.desk.middlewares).toEqual(["retry"]);
    expect(http.middlewares.retry).toEqual({ retry: { attempts: 3, initialInterval: "100ms" } });
    for (const { buffering } of Object.values<{ buffering?: unknown }>(http.middlewares))
      expect(buffering).toBeUndefined();
  });

  it("dynamic.yaml: an EventSource waits while no process takes requests", async () => {
    const [{ http }] = await readYaml("traefik/dynamic.yaml");
    const { rule, middlewares } = http.routers["event-source"];
    expect(rule).toBe("PathPrefix(`/`) && Header(`Accept`, `text/event-stream`)");
    expect(middlewares).toEqual(["wait"]);
    expect(http.middlewares.wait.retry).toEqual({ attempts: 800, initialInterval: "500ms", status: ["502-504"] });
  });

  it("broken: a middleware that buffers, and a time-out for writing", async () => {
    const [{ http }] = await readYaml("traefik/broken/buffering.yaml");
    expect(http.middlewares.buffer.buffering).toBeDefined();
    const [{ entryPoints }] = await readYaml("traefik/broken/timeout-30s.yaml");
    expect(entryPoints.web.transport.respondingTimeouts.writeTimeout).toBe("30s");
  });
});

ifFound(TRAEFIK, () => {
  describeProxy(TRAEFIK, { usualTimeoutS: 60 });
  describeRestarts(TRAEFIK);
  describeOutage(TRAEFIK);

  describe.concurrent("the broken files of deploy/traefik", () => {
    it("buffering.yaml: no head arrives", async ({ expect }) => {
      await using site = await BrokenSite.start(TRAEFIK, "traefik/broken/buffering.yaml", "traefik/dynamic.yaml");
      using client = await site.observe();
      expect(client.headAt).toBeUndefined();
      expect(client.hasEnded).toBe(false);
    });

    it("gzip.yaml: compresses the stream in spite of no-transform, and delivers events one by one", async () => {
      await expectOneByOne(TRAEFIK, "traefik/broken/gzip.yaml", { gzip: true, replacedFile: "traefik/dynamic.yaml" });
    });

    it("timeout-30s.yaml: cuts a stream at the age of 30 s, although events flow", async () => {
      const age = await expectLiveCutAfter(TRAEFIK, "traefik/broken/timeout-30s.yaml", 30_000);
      console.log(`Traefik, write time-out of 30 s: a stream with events was cut after ${(age / 1_000).toFixed(1)} s`);
    });
  });
});
