import { expect, test } from "vitest";
import { AlertWatch } from "../../server/dashboard/alert-watch.ts";
import type { Metric } from "../../server/dashboard/metric.ts";

const CALM: Metric = { at: 1, connections: 0, published: 0, delivered: 0, lagP50: 0, lagP99: 0, rss: 0, heap: 0 };

test("a figure at its limit raises nothing, above it an alert, once", () => {
  const watch = new AlertWatch({ connections: 10, lagMs: 50, rssBytes: 1e9 });
  expect(watch.judge({ ...CALM, lagP99: 50 })).toEqual([]);
  expect(watch.judge({ ...CALM, lagP99: 51 })).toMatchObject([{ alertId: "loop-lag", raised: true }]);
  expect(watch.judge({ ...CALM, lagP99: 90 })).toEqual([]);
});

test("an alert is cleared after three calm seconds in a row, so that it does not flicker", () => {
  const watch = new AlertWatch({ connections: 10, lagMs: 50, rssBytes: 1e9 });
  watch.judge({ ...CALM, connections: 11 });
  const calm = () => watch.judge(CALM).map(({ raised }) => raised);
  expect([calm(), calm()]).toEqual([[], []]);
  watch.judge({ ...CALM, connections: 11 });
  expect([calm(), calm(), calm()]).toEqual([[], [], [false]]);
});

test("an alert that another process raised is known, and cleared when it is over", () => {
  const limits = { connections: 10, lagMs: 50, rssBytes: 1e9 };
  const [first, next] = [new AlertWatch(limits), new AlertWatch(limits)];
  for (const alert of first.judge({ ...CALM, connections: 11 })) next.learn(alert);
  expect(next.raised).toMatchObject([{ alertId: "connections", raised: true }]);
  expect([next.judge(CALM), next.judge(CALM), next.judge(CALM)].flat()).toMatchObject([{ raised: false }]);
  for (const alert of [{ alertId: "connections", raised: false, message: "", at: 2 } as const]) first.learn(alert);
  expect(first.raised).toEqual([]);
});

test("memory may be so much for each process, and the slowest one is named", () => {
  const watch = new AlertWatch({ connections: 10, lagMs: 50, rssBytes: 1e9 });
  const workers = { count: 3, slowest: "2-ab" };
  expect(watch.judge({ ...CALM, rss: 3e9, workers })).toEqual([]);
  expect(watch.judge({ ...CALM, rss: 3.1e9, lagP99: 60, workers }).map(({ message }) => message)).toEqual([
    "Event-loop lag 60 ms in worker 2-ab, limit 50 ms",
    "Memory 3100 MB, limit 3000 MB",
  ]);
});
