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
