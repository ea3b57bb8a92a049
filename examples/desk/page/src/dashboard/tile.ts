import type { Metric } from "../../../wire/dashboard.ts";
import { find, fromTemplate, textElement } from "../ui/element.ts";
import { Chart } from "./chart.ts";
import type { TileSpec } from "./tile-specs.ts";

/** The longest time that a chart shows, in seconds. */
export const CHART_SPAN_S = 180;
/** The shortest time that a chart shows, in seconds, so that the chart of a new server is not empty. */
const MIN_SPAN_S = 30;
/** Metrics arrive every second. A longer pause than this interrupts the line. */
const MAX_PAUSE_MS = 3_500;

/** A figure of the dashboard with its chart. */
export class Tile {
  readonly element: HTMLElement = fromTemplate("tile");
  #spec: TileSpec;
  #chart: Chart | undefined;

  constructor(spec: TileSpec) {
    this.#spec = spec;
    find("h3", this.element).textContent = spec.title;
    find(".unit", this.element).textContent = spec.unit;
    if (spec.series.length < 2) return;
    const legend = find(".tile-legend", this.element);
    spec.series.forEach((series, index) => {
      legend.append(textElement("span", series.label, `key key-${index + 1}`));
    });
  }

  /** Shows the metrics, oldest first. */
  show(metrics: readonly Metric[]): void {
    const newest = metrics.at(-1);
    if (newest === undefined) return;
    const { series, format, title, workerNote } = this.#spec;
    const unit = this.#spec.unit + (newest.workers === undefined ? "" : (workerNote?.(newest.workers.slowest) ?? ""));
    const figure = format(series[0]!.value(newest));
    find(".figure", this.element).textContent = figure;
    find(".unit", this.element).textContent = unit;
    const box = find(".chart", this.element);
    box.setAttribute("aria-label", `${title} in the last minutes, now ${figure} ${unit}`);
    // Make the chart with the first data, when the box has its size.
    this.#chart ??= new Chart(box, series, this.#spec.minScale);
    const to = newest.at / 1_000;
    const rows = withPauses(metrics);
    this.#chart.show(
      rows.map((row) => (typeof row === "number" ? row : row.at) / 1_000),
      series.map((one) => rows.map((row) => (typeof row === "number" ? null : one.value(row)))),
      to - Math.min(CHART_SPAN_S, Math.max(MIN_SPAN_S, to - metrics[0]!.at / 1_000)),
      to,
    );
  }

  recolor(): void {
    this.#chart?.recolor();
  }
}

/** Inserts a time without values into each long pause, so that the chart interrupts its line there. */
function withPauses(metrics: readonly Metric[]): (Metric | number)[] {
  return metrics.flatMap((metric, index) => {
    const before = metrics[index - 1]?.at ?? metric.at;
    return metric.at - before > MAX_PAUSE_MS ? [before + 1, metric] : [metric];
  });
}
