import { describe, expect, it } from "vitest";
import { readYaml } from "./support/deploy-file.ts";

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
    expect(http.middlewares).toEqual({ retry: { retry: { attempts: 3, initialInterval: "100ms" } } });
  });

  it("broken: a middleware that buffers, and a time-out for writing", async () => {
    const [{ http }] = await readYaml("traefik/broken/buffering.yaml");
    expect(http.middlewares.buffer.buffering).toBeDefined();
    const [{ entryPoints }] = await readYaml("traefik/broken/timeout-30s.yaml");
    expect(entryPoints.web.transport.respondingTimeouts.writeTimeout).toBe("30s");
  });
});
