import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { SeriesSpec } from "./tile-specs.ts";

const HEIGHT = 84;
/** Width of the axis labels at the left, in px. */
const AXIS_SIZE = 34;
/** Steps of the y axis: whole numbers, so that no chart shows 2.5 connections. */
const INCREMENTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000, 1_000_000];
const FONT = '11px -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';

/** A small line chart. It follows the size of its box. */
export class Chart {
  #plot: uPlot;

  /** The y axis reaches at least to `minScale`. */
  constructor(box: HTMLElement, series: readonly SeriesSpec[], minScale: number) {
    const options: uPlot.Options = {
      width: Math.max(1, box.clientWidth),
      height: HEIGHT,
      padding: [6, 2, 7, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: true }, y: { range: (_, __, max) => [0, Math.max(minScale, (max ?? 0) * 1.15)] } },
      axes: [
        { show: false },
        {
          size: AXIS_SIZE,
          gap: 4,
          font: FONT,
          space: 26,
          incrs: INCREMENTS,
          stroke: () => color("--muted"),
          grid: { stroke: () => color("--line"), width: 1 },
          ticks: { show: false },
        },
      ],
      series: [{}, ...series.map((one, index) => lineOf(one, index === 0))],
    };
    this.#plot = new uPlot(options, [[], ...series.map(() => [])], box);
    new ResizeObserver(() => {
      const width = box.clientWidth;
      if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
    }).observe(box);
  }

  /** Shows the values at these times, in seconds since 1970. A `null` interrupts the line. */
  show(times: number[], values: (number | null)[][], from: number, to: number): void {
    this.#plot.batch(() => {
      this.#plot.setData([times, ...values], false);
      this.#plot.setScale("x", { min: from, max: to });
    });
  }

  /** Redraws the chart with the colours of the current theme. */
  recolor(): void {
    this.#plot.redraw(false, true);
  }
}

function lineOf(series: SeriesSpec, filled: boolean): uPlot.Series {
  const line: uPlot.Series = {
    label: series.label,
    stroke: () => color(series.color),
    width: 1.5,
    points: { show: false },
  };
  if (filled) line.fill = () => color("--series-1-fill");
  return line;
}

function color(variable: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}
