import type { Figures, Metric } from "../../wire/dashboard.ts";
import type { WorkerFigures } from "../workers/live-workers.ts";

/** Returns the figures of the whole desk from those of its processes. */
export function sumFigures(at: number, each: readonly WorkerFigures[]): Metric {
  const sum = (name: keyof Figures) => each.reduce((total, figures) => total + figures[name], 0);
  // Report the longest lag: a sum of lags means nothing, and a mean would hide a blocked process.
  const slowest = each.reduce<WorkerFigures | undefined>(
    (worst, figures) => (worst === undefined || figures.lagP99 > worst.lagP99 ? figures : worst),
    undefined,
  );
  return {
    at,
    connections: sum("connections"),
    published: rounded(sum("published")),
    delivered: rounded(sum("delivered")),
    lagP50: slowest?.lagP50 ?? 0,
    lagP99: slowest?.lagP99 ?? 0,
    rss: sum("rss"),
    heap: sum("heap"),
    ...(each.length > 1 && slowest !== undefined && { workers: { count: each.length, slowest: slowest.worker } }),
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
