import { describe, expect, it } from "vitest";
import { until } from "../../../packages/sluice/test/support/until.ts";
import { BrokenSite } from "../support/broken/broken-proxy.ts";
import { describeOutage } from "../support/contracts/outage-contract.ts";
import { describeProxy } from "../support/contracts/proxy-contract.ts";
import { describeRestarts } from "../support/contracts/restart-contract.ts";
import { readYaml } from "../support/deploy-file.ts";
import { eventually } from "../support/eventually.ts";
import { ifFound } from "../support/proxies/optional-proxies.ts";
import { ENVOY } from "../support/proxies/proxies.ts";

const PROTOCOLS = ["HTTP/1.1 over TLS", "HTTP/2"] as const;
const ROUTE_TIMEOUT_MS = 15_000;
const PACE_MS = 1_000;

/** Returns the connection manager, its only route and the cluster of a configuration. */
async function partsOf(name: string) {
  const [{ static_resources }] = await readYaml(name);
  const [listener] = static_resources.listeners;
  const { typed_config: manager } = listener.filter_chains[0].filters[0];
  const [{ route }] = manager.route_config.virtual_hosts[0].routes;
  return { manager, route, cluster: static_resources.clusters[0], chain: listener.filter_chains[0] };
}

describe("deploy/envoy", () => {
  it("envoy.yaml: no time-out of the route, and an idle time-out longer than the heartbeat", async () => {
    const { manager, route } = await partsOf("envoy/envoy.yaml");
    expect(route.timeout).toBe("0s");
    expect(Number.parseInt(manager.stream_idle_timeout, 10)).toBeGreaterThan(15);
  });

  it("envoy.yaml: HTTP/2 with room for many streams, and HTTP/1.1 to the processes", async () => {
    const { manager, cluster, chain } = await partsOf("envoy/envoy.yaml");
    expect(chain.transport_socket.typed_config.common_tls_context.alpn_protocols).toEqual(["h2", "http/1.1"]);
    expect(manager.http2_protocol_options.max_concurrent_streams).toBe(1_000);
    expect(cluster.typed_extension_protocol_options).toBeUndefined();
    expect(cluster.circuit_breakers.thresholds[0].max_requests).toBeGreaterThan(1_024);
  });

  it("envoy.yaml: another process for a refused request, and health checks of a route of the desk", async () => {
    const { route, cluster } = await partsOf("envoy/envoy.yaml");
    expect(route.retry_policy).toMatchObject({ retriable_status_codes: [503], num_retries: 2 });
    expect(cluster.health_checks[0].http_health_check).toEqual({ path: "/health/ready", host: "localhost" });
    expect(cluster.load_assignment.endpoints[0].lb_endpoints).toHaveLength(2);
  });

  it("envoy.yaml: an empty stream for an EventSource in place of its own errors", async () => {
    const { manager } = await partsOf("envoy/envoy.yaml");
    const [mapper] = manager.local_reply_config.mappers;
    expect(mapper).toMatchObject({ status_code: 200, body: { inline_string: "retry: 2000\n\n" } });
    expect(mapper.body_format_override.content_type).toBe("text/event-stream");
    expect(mapper.filter.and_filter.filters.at(-1).header_filter.header.string_match.exact).toBe("text/event-stream");
  });

  it("broken/route-timeout.yaml: leaves the route's time-out at its default", async () => {
    const { route } = await partsOf("envoy/broken/route-timeout.yaml");
    expect(route).toEqual({ cluster: "desk" });
  });
});

ifFound(ENVOY, () => {
  describeProxy(ENVOY, { protocols: PROTOCOLS, usualTimeoutS: 60 });
  describeRestarts(ENVOY, PROTOCOLS);
  describeOutage(ENVOY, PROTOCOLS);

  it("broken/gzip.yaml: leaves a stream as it is, because the stream asks for no-transform", async () => {
    await using site = await BrokenSite.start(ENVOY, "envoy/broken/gzip.yaml");
    using page = site.request({ protocol: "HTTP/2", gzip: true, path: "/" });
    using client = site.request({ protocol: "HTTP/2", gzip: true });
    await eventually("both heads arrive", () => page.headAt !== undefined && client.headAt !== undefined);
    expect(page.headers["content-encoding"]).toBe("gzip");
    expect(client.headers["content-encoding"]).toBeUndefined();
    await site.desk.publish();
    expect((await client.next("orders")).data).toEqual({ n: 1 });
  });

  it("broken/route-timeout.yaml: cuts a stream at the age of 15 s, although events flow", async () => {
    await using site = await BrokenSite.start(ENVOY, "envoy/broken/route-timeout.yaml");
    using client = site.request({ protocol: "HTTP/1.1 over TLS" });
    const publishing = setInterval(() => void site.desk.publish(), PACE_MS);
    await until("the stream ends", () => client.hasEnded, 2 * ROUTE_TIMEOUT_MS).finally(() =>
      clearInterval(publishing),
    );
    expect(client.events.length).toBeGreaterThan(0);
    expect(client.endedAt! - client.requestedAt).toBeGreaterThan(ROUTE_TIMEOUT_MS * 0.9);
  });
});
