import type { GeneratorState } from "../orders/generator-switch.ts";
import { request } from "../server/api.ts";
import type { LiveStream } from "../streams/live-stream.ts";
import { find } from "../ui/element.ts";
import { formatTime } from "../ui/format.ts";
import { AlertList } from "./alert-list.ts";
import type { Alert, Metric, Status } from "./metric.ts";
import { CHART_SPAN_S, Tile } from "./tile.ts";
import { TILES } from "./tile-specs.ts";

/** The server's own figures, alerts and states, all on one stream. */
export class DashboardPane {
  #stream: LiveStream;
  #tiles = TILES.map((spec) => new Tile(spec));
  #alerts = new AlertList();
  #metrics: Metric[] = [];
  #exports = 0;
  #server: Extract<Status, { component: "server" }> | undefined;

  constructor(stream: LiveStream, onGenerator: (state: GeneratorState) => void) {
    this.#stream = stream;
    find("#tiles").append(...this.#tiles.map((tile) => tile.element));
    stream.on<Metric>("metric", (metric) => this.#measure([metric]));
    stream.on<Alert>("alert", (alert) => this.#alerts.take(alert));
    stream.on<Status>("status", (status) => {
      if (status.component === "generator") onGenerator(status);
      else if (status.component === "exports") this.#exports = status.running;
      else this.#server = status;
      this.#renderStatus();
    });
    // After a gap the newest of each comes anew; what was raised before may be over.
    stream.on("gap", () => this.#alerts.clear());
  }

  /** Fills the charts with what the server remembers; the stream then begins with the newest of each kind. */
  async open(): Promise<void> {
    const { metrics } = await request<{ metrics: Metric[] }>("GET", "/api/dashboard/history");
    this.#measure(metrics);
    this.#stream.open(null);
  }

  recolor(): void {
    for (const tile of this.#tiles) tile.recolor();
  }

  #measure(metrics: readonly Metric[]): void {
    // A metric that is here already comes again as the newest of its kind, or after a gap.
    const last = this.#metrics.at(-1)?.at ?? 0;
    this.#metrics.push(...metrics.filter((metric) => metric.at > last));
    const from = (this.#metrics.at(-1)?.at ?? 0) - CHART_SPAN_S * 1_000;
    this.#metrics.splice(
      0,
      this.#metrics.findIndex((metric) => metric.at >= from),
    );
    for (const tile of this.#tiles) tile.show(this.#metrics);
    const workers = this.#metrics.at(-1)?.workers?.count;
    const title = workers === undefined ? "This server, right now" : `These ${workers} workers, right now`;
    const heading = find("#dashboard-title");
    if (heading.textContent !== title) heading.textContent = title;
  }

  #renderStatus(): void {
    const parts: string[] = [];
    if (this.#server?.state === "draining") parts.push("shutting down");
    else if (this.#server !== undefined)
      parts.push(`${this.#server.version}, up since ${formatTime(this.#server.startedAt)}`);
    if (this.#exports > 0) parts.push(`${this.#exports} export running`);
    find("#server-status").textContent = parts.join(" · ");
  }
}
