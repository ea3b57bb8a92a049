import { expect, test } from "vitest";
import { sumFigures } from "../../server/dashboard/sum-figures.ts";
import type { WorkerFigures } from "../../server/workers/roster.ts";

const ONE: WorkerFigures = {
  worker: "1",
  startedAt: 1,
  exports: 0,
  at: 5,
  connections: 3,
  published: 0.1,
  delivered: 10,
  lagP50: 1,
  lagP99: 4,
  rss: 100,
  heap: 10,
};

test("the figures of several processes are summed up; their lag is that of the worst", () => {
  const other = { ...ONE, worker: "2", connections: 4, published: 0.2, lagP50: 0.5, lagP99: 30 };
  expect(sumFigures(7, [ONE, other])).toEqual({
    at: 7,
    connections: 7,
    published: 0.3,
    delivered: 20,
    lagP50: 0.5,
    lagP99: 30,
    rss: 200,
    heap: 20,
    workers: { count: 2, slowest: "2" },
  });
});

test("the figures of one process are its own, and do not speak of workers", () => {
  expect(sumFigures(7, [ONE])).toEqual({
    at: 7,
    connections: 3,
    published: 0.1,
    delivered: 10,
    lagP50: 1,
    lagP99: 4,
    rss: 100,
    heap: 10,
  });
});
