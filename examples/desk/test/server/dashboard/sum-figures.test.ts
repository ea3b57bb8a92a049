import { expect, it } from "vitest";
import { sumFigures } from "../../../server/dashboard/sum-figures.ts";
import type { WorkerFigures } from "../../../server/workers/live-workers.ts";

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

it("sums the figures of several processes and reports the lag of the slowest", () => {
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

it("returns the figures of a single process unchanged, without workers", () => {
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
