import type { Metric } from "../../../wire/dashboard.ts";

/** One line of a chart. */
export interface SeriesSpec {
  readonly label: string;
  /** The CSS variable of its colour. */
  readonly color: string;
  readonly value: (metric: Metric) => number;
}

/** One figure of the dashboard, with its chart. */
export interface TileSpec {
  readonly title: string;
  readonly unit: string;
  /** Returns text to append to the unit if the desk has several workers. */
  readonly workerNote?: (slowest: string) => string;
  /** Formats the figure, which is the newest value of the first series. */
  readonly format: (value: number) => string;
  /** The chart's y axis reaches at least this value, so that small noise looks small. */
  readonly minScale: number;
  readonly series: readonly SeriesSpec[];
}

const MEGABYTE = 1_000_000;
const whole = (value: number) => String(Math.round(value));

/** The figures of the dashboard, in display order. */
export const TILES: readonly TileSpec[] = [
  {
    title: "Open streams",
    unit: "connections",
    format: whole,
    minScale: 6,
    series: [{ label: "open", color: "--series-1", value: (metric) => metric.connections }],
  },
  {
    title: "Events",
    unit: "delivered per second",
    format: whole,
    minScale: 10,
    series: [
      { label: "delivered", color: "--series-1", value: (metric) => metric.delivered },
      { label: "published", color: "--series-2", value: (metric) => metric.published },
    ],
  },
  {
    title: "Event-loop lag",
    unit: "ms, 99th percentile",
    workerNote: (slowest) => `, worker ${slowest}`,
    format: (value) => value.toFixed(1),
    minScale: 10,
    series: [
      { label: "p99", color: "--series-1", value: (metric) => metric.lagP99 },
      { label: "p50", color: "--series-2", value: (metric) => metric.lagP50 },
    ],
  },
  {
    title: "Memory",
    unit: "MB resident",
    format: whole,
    minScale: 100,
    series: [
      { label: "resident", color: "--series-1", value: (metric) => metric.rss / MEGABYTE },
      { label: "heap", color: "--series-2", value: (metric) => metric.heap / MEGABYTE },
    ],
  },
];
