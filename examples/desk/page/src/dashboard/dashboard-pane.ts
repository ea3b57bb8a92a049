import type { Alert, DashboardHistory, Metric, ServerState, Status } from "../../../wire/dashboard.ts";
import type { GeneratorState } from "../../../wire/generator.ts";
import { request } from "../server/api.ts";
import type { StreamPart } from "../streams/stream-part.ts";
import { find } from "../ui/element.ts";
import { countOf, formatTime } from "../ui/format.ts";
import { AlertList } from "./alert-list.ts";
import { CHART_SPAN_S, Tile } from "./tile.ts";
import { TILES } from "./tile-specs.ts";

/** Shows the server's metrics, alerts and states. */
export class DashboardPane {
  #tiles = TILES.map((spec) => new Tile(spec));
  #alerts = new AlertList();
  #metrics: Metric[] = [];
  #exports = 0;
  #server: ServerState | undefined;

  constructor(events: StreamPart, onGenerator: (state: GeneratorState) => void) {
    find("#tiles").append(...this.#tiles.map((tile) => tile.element));
    events.on<Metric>("metric", (metric) => this.#addMetrics([metric]));
    events.on<Alert>("alert", (alert) => this.#alerts.update(alert));
    events.on<Status>("status", (status) => {
      if (status.component === "generator") onGenerator(status);
      else if (status.component === "exports") this.#exports = status.running;
      else this.#server = status;
      this.#renderStatus();
    });
    // After a gap the newest alerts arrive again. An alert that was raised before may have been cleared during the gap.
    events.addEventListener("gap", () => this.#alerts.clear());
  }

  /** Shows the metrics of the last minutes. The stream then begins with the newest event of each kind. */
  async load(): Promise<void> {
    const { metrics } = await request<DashboardHistory>("GET", "/api/dashboard/history");
    this.#addMetrics(metrics);
  }

  recolor(): void {
    for (const tile of this.#tiles) tile.recolor();
  }

  #addMetrics(metrics: readonly Metric[]): void {
    // Skip metrics that are already shown. They arrive again as the newest of their kind, or after a gap.
    const last = this.#metrics.at(-1)?.at ?? 0;
    this.#metrics.push(...metrics.filter((metric) => metric.at > last));
    const from = (this.#metrics.at(-1)?.at ?? 0) - CHART_SPAN_S * 1_000;
    this.#metrics.splice(
      0,
      this.#metrics.findIndex((metric) => metric.at >= from),
    );
    for (const tile of this.#tiles) tile.show(this.#metrics);
    const workers = this.#metrics.at(-1)?.workers?.count;
    const title = workers === undefined ? "Server metrics" : `Metrics of ${workers} workers`;
    const heading = find("#dashboard-title");
    if (heading.textContent !== title) heading.textContent = title;
  }

  #renderStatus(): void {
    const parts: string[] = [];
    if (this.#server?.state === "draining") parts.push("shutting down");
    else if (this.#server !== undefined)
      parts.push(`${this.#server.version}, up since ${formatTime(this.#server.startedAt)}`);
    if (this.#exports > 0) parts.push(`${countOf(this.#exports, "export")} running`);
    find("#server-status").textContent = parts.join(" · ");
  }
}
