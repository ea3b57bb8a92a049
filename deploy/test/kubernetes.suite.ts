import { describe, expect, it } from "vitest";
import { METRICS } from "../../packages/sluice/src/metrics/metric-table.ts";
import { readYaml } from "./support/deploy-file.ts";

const KINDS = ["Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"];

async function resources() {
  const all = await readYaml("kubernetes/desk.yaml");
  return Object.fromEntries(all.map((resource) => [resource.kind, resource]));
}

describe("deploy/kubernetes/desk.yaml", () => {
  it("has the resources of a service that scales and may be drained", async () => {
    const { Deployment, Service, PodDisruptionBudget, HorizontalPodAutoscaler } = await resources();
    expect((await readYaml("kubernetes/desk.yaml")).map(({ kind }) => kind)).toEqual(KINDS);
    const labels = Deployment.spec.template.metadata.labels;
    expect(Deployment.spec.selector.matchLabels).toEqual(labels);
    expect(Service.spec.selector).toEqual(labels);
    expect(PodDisruptionBudget.spec).toEqual({ maxUnavailable: 1, selector: { matchLabels: labels } });
    expect(HorizontalPodAutoscaler.spec.scaleTargetRef.name).toBe(Deployment.metadata.name);
    expect(Deployment.spec.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  });

  it("probes routes of the desk, under a name that the desk serves", async () => {
    const { Deployment } = await resources();
    const [desk] = Deployment.spec.template.spec.containers;
    const host = [{ name: "Host", value: "localhost" }];
    expect(desk.readinessProbe.httpGet).toEqual({ path: "/health/ready", port: "http", httpHeaders: host });
    expect(desk.livenessProbe.httpGet).toEqual({ path: "/health/live", port: "http", httpHeaders: host });
    expect(desk.ports).toEqual([{ name: "http", containerPort: 8080 }]);
  });

  it("gives a pod time for preStop and the drain", async () => {
    const { Deployment } = await resources();
    const { terminationGracePeriodSeconds, containers } = Deployment.spec.template.spec;
    const [, , script] = containers[0].lifecycle.preStop.exec.command;
    const preStopS = Number(/(\d+)\)$/.exec(script)?.[1]) / 1_000;
    const drainS = Number(containers[0].args[containers[0].args.indexOf("--drain") + 1]);
    expect(preStopS).toBeGreaterThanOrEqual(2);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(preStopS + drainS);
  });

  it("runs without rights that the desk does not need", async () => {
    const { Deployment } = await resources();
    const { securityContext, containers } = Deployment.spec.template.spec;
    expect(securityContext).toEqual({ runAsNonRoot: true, runAsUser: 1000 });
    expect(containers[0].securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  it("scales on the open streams, a metric that the adapter makes of one that Sluice has", async () => {
    const { HorizontalPodAutoscaler } = await resources();
    const [{ pods }] = HorizontalPodAutoscaler.spec.metrics;
    const [adapter] = await readYaml("kubernetes/adapter-rules.yaml");
    const [rule] = adapter.rules.custom;
    expect(rule.name.as).toBe(pods.metric.name);
    expect(METRICS.map(({ name }) => `sluice_${name}`)).toContain(/^\w+/.exec(rule.seriesQuery)?.[0]);
    expect(rule.metricsQuery).toContain(/^\w+/.exec(rule.seriesQuery)?.[0]);
  });
});
