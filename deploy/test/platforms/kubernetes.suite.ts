import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { METRICS } from "../../../packages/sluice/src/metrics/metric-table.ts";
import { freePort } from "../../../scripts/programs/server-process.mjs";
import { readYaml } from "../support/deploy-file.ts";
import { eventually } from "../support/eventually.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const POD_IP = "10.1.2.3";
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

  it("probes routes of the desk, and has Prometheus read its metrics", async () => {
    const { Deployment } = await resources();
    const { metadata, spec } = Deployment.spec.template;
    const [desk] = spec.containers;
    expect(desk.readinessProbe.httpGet).toEqual({ path: "/health/ready", port: "http" });
    expect(desk.livenessProbe.httpGet).toEqual({ path: "/health/live", port: "http" });
    expect(desk.ports).toEqual([{ name: "http", containerPort: 8080 }]);
    expect(metadata.annotations).toEqual({ "prometheus.io/scrape": "true", "prometheus.io/port": "8080" });
  });

  it("answers these requests under the pod's address, which the desk would refuse by itself", async () => {
    const { Deployment } = await resources();
    const [{ args, env }] = Deployment.spec.template.spec.containers;
    expect(env).toContainEqual({ name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } });
    const port = await freePort();
    // Kubernetes replaces the variable.
    const desk = spawn(
      process.execPath,
      args.slice(1).map((arg: string) => arg.replace("$(POD_IP)", POD_IP)),
      { cwd: ROOT, env: { ...process.env, PORT: `${port}`, LOG_LEVEL: "warn" }, stdio: "ignore" },
    );
    onTestFinished(async () => {
      desk.kill("SIGKILL");
      await once(desk, "exit");
    });
    const status = (path: string, host: string) =>
      new Promise((resolve) => {
        get({ port, path, headers: { host } }, (response) => resolve(response.resume().statusCode)).on(
          "error",
          resolve,
        );
      });
    await eventually("the desk answers", async () => (await status("/health/live", "localhost")) === 200);
    for (const path of ["/health/live", "/health/ready", "/metrics"])
      expect([path, await status(path, `${POD_IP}:8080`)]).toEqual([path, 200]);
    expect(await status("/metrics", "10.9.9.9:8080")).toBe(421);
  });

  it("gives a pod time for preStop and the drain", async () => {
    const { Deployment } = await resources();
    const { terminationGracePeriodSeconds, containers } = Deployment.spec.template.spec;
    const [, , script] = containers[0].lifecycle.preStop.exec.command;
    const preStopS = Number(/(\d+)\)$/.exec(script)?.[1]) / 1_000;
    const drainS = Number(/--drain=(\d+)/.exec(containers[0].args.join(" "))?.[1]);
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

  it("scales on the open streams, a metric that the adapter derives from a metric of Sluice", async () => {
    const { HorizontalPodAutoscaler } = await resources();
    const [{ pods }] = HorizontalPodAutoscaler.spec.metrics;
    const [adapter] = await readYaml("kubernetes/adapter-rules.yaml");
    const [rule] = adapter.rules.custom;
    expect(rule.name.as).toBe(pods.metric.name);
    expect(METRICS.map(({ name }) => `sluice_${name}`)).toContain(/^\w+/.exec(rule.seriesQuery)?.[0]);
    expect(rule.metricsQuery).toContain(/^\w+/.exec(rule.seriesQuery)?.[0]);
  });
});
