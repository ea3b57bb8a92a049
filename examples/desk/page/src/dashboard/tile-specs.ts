import type { Metric } from "./metric.ts";

/** One line of a chart. */
export interface SeriesSpec {
  readonly label: string;
  /** The CSS variable with its colour. */
  readonly color: string;
  readonly value: (metric: Metric) => number;
}

/** One figure of the dashboard, with its chart. */
export interface TileSpec {
  readonly title: string;
  readonly unit: string;
  /** What is added to the unit where several processes are behind the figure. */
  readonly whose?: (slowest: string) => string;
  /** How the figure is written; it is the first series' newest value. */
  readonly format: (value: number) => string;
  /** The chart's y axis reaches at least this high, so that noise near nothing looks like it. */
  readonly atLeast: number;
  readonly series: readonly SeriesSpec[];
}

const MEGABYTE = 1_000_000;
const whole = (value: number) => String(Math.round(value));

/** The figures of the dashboard, in the order in which they are shown. */
export const TILES: readonly TileSpec[] = [
  {
    title: "Open streams",
    unit: "connections",
    format: whole,
    atLeast: 6,
    series: [{ label: "open", color: "--series-1", value: (metric) => metric.connections }],
  },
  {
    title: "Events",
    unit: "delivered per second",
    format: whole,
    atLeast: 10,
    series: [
      { label: "delivered", color: "--series-1", value: (metric) => metric.delivered },
      { label: "published", color: "--series-2", value: (metric) => metric.published },
    ],
  },
  {
    title: "Event-loop lag",
    unit: "ms, 99th percentile",
    whose: (slowest) => `, worker ${slowest}`,
    format: (value) => value.toFixed(1),
    atLeast: 10,
    series: [
      { label: "p99", color: "--series-1", value: (metric) => metric.lagP99 },
      { label: "p50", color: "--series-2", value: (metric) => metric.lagP50 },
    ],
  },
  {
    title: "Memory",
    unit: "MB resident",
    format: whole,
    atLeast: 100,
    series: [
      { label: "resident", color: "--series-1", value: (metric) => metric.rss / MEGABYTE },
      { label: "heap", color: "--series-2", value: (metric) => metric.heap / MEGABYTE },
    ],
  },
];
