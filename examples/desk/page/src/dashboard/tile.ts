import { find, fromTemplate, textElement } from "../ui/element.ts";
import { Chart } from "./chart.ts";
import type { Metric } from "./metric.ts";
import type { TileSpec } from "./tile-specs.ts";

/** What the charts show at most, in seconds. */
export const CHART_SPAN_S = 180;
/** What they show at least, so that a young server does not begin with an empty chart. */
const SHORTEST_SPAN_S = 30;
/** Figures come every second; when none came for so long, there were none. */
const HOLE_MS = 3_500;

/** A figure with its chart. */
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

  /** Shows what the server measured, oldest first. */
  show(metrics: readonly Metric[]): void {
    const newest = metrics.at(-1);
    if (newest === undefined) return;
    const { series, format, title, whose } = this.#spec;
    const unit = this.#spec.unit + (newest.workers === undefined ? "" : (whose?.(newest.workers.slowest) ?? ""));
    const figure = format(series[0]!.value(newest));
    find(".figure", this.element).textContent = figure;
    find(".unit", this.element).textContent = unit;
    const box = find(".chart", this.element);
    box.setAttribute("aria-label", `${title}, last minutes, now ${figure} ${unit}`);
    // Made with the first data, when the box has its size.
    this.#chart ??= new Chart(box, series, this.#spec.atLeast);
    const to = newest.at / 1_000;
    const rows = withHoles(metrics);
    this.#chart.show(
      rows.map((row) => (typeof row === "number" ? row : row.at) / 1_000),
      series.map((one) => rows.map((row) => (typeof row === "number" ? null : one.value(row)))),
      to - Math.min(CHART_SPAN_S, Math.max(SHORTEST_SPAN_S, to - metrics[0]!.at / 1_000)),
      to,
    );
  }

  recolor(): void {
    this.#chart?.recolor();
  }
}

/** Where the server was away there is a hole in the line, not a slope: the time at which it begins. */
function withHoles(metrics: readonly Metric[]): (Metric | number)[] {
  return metrics.flatMap((metric, index) => {
    const before = metrics[index - 1]?.at ?? metric.at;
    return metric.at - before > HOLE_MS ? [before + 1, metric] : [metric];
  });
}
