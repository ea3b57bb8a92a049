import { expect, it } from "vitest";
import { AlertMonitor } from "../../../server/dashboard/alert-monitor.ts";
import type { Metric } from "../../../wire/dashboard.ts";

const CALM: Metric = { at: 1, connections: 0, published: 0, delivered: 0, lagP50: 0, lagP99: 0, rss: 0, heap: 0 };

it("raises an alert once when a figure exceeds its limit, and none when it equals the limit", () => {
  const monitor = new AlertMonitor({ connections: 10, lagMs: 50, rssBytes: 1e9 });
  expect(monitor.check({ ...CALM, lagP99: 50 })).toEqual([]);
  expect(monitor.check({ ...CALM, lagP99: 51 })).toMatchObject([{ alertId: "loop-lag", raised: true }]);
  expect(monitor.check({ ...CALM, lagP99: 90 })).toEqual([]);
});

it("clears an alert after three seconds in a row below the limit", () => {
  const monitor = new AlertMonitor({ connections: 10, lagMs: 50, rssBytes: 1e9 });
  monitor.check({ ...CALM, connections: 11 });
  const calmSecond = () => monitor.check(CALM).map(({ raised }) => raised);
  expect([calmSecond(), calmSecond()]).toEqual([[], []]);
  monitor.check({ ...CALM, connections: 11 });
  expect([calmSecond(), calmSecond(), calmSecond()]).toEqual([[], [], [false]]);
});

it("clears an alert that another process raised", () => {
  const limits = { connections: 10, lagMs: 50, rssBytes: 1e9 };
  const [first, next] = [new AlertMonitor(limits), new AlertMonitor(limits)];
  for (const alert of first.check({ ...CALM, connections: 11 })) next.apply(alert);
  expect(next.raised).toMatchObject([{ alertId: "connections", raised: true }]);
  expect([next.check(CALM), next.check(CALM), next.check(CALM)].flat()).toMatchObject([{ raised: false }]);
  for (const alert of [{ alertId: "connections", raised: false, message: "", at: 2 } as const]) first.apply(alert);
  expect(first.raised).toEqual([]);
});

it("multiplies the memory limit by the number of workers, and names the slowest worker", () => {
  const monitor = new AlertMonitor({ connections: 10, lagMs: 50, rssBytes: 1e9 });
  const workers = { count: 3, slowest: "2-ab" };
  expect(monitor.check({ ...CALM, rss: 3e9, workers })).toEqual([]);
  expect(monitor.check({ ...CALM, rss: 3.1e9, lagP99: 60, workers }).map(({ message }) => message)).toEqual([
    "Event-loop lag 60 ms in worker 2-ab, limit 50 ms",
    "Memory 3100 MB, limit 3000 MB",
  ]);
});
