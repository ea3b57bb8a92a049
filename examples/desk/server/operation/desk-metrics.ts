import { AggregatorRegistry, collectDefaultMetrics, Registry } from "prom-client";
import type { Sluice } from "sluice";
import { sluiceMetrics } from "sluice/metrics";
import type { WorkerLink } from "../workers/worker-link.ts";

/** A metric with all its values, as prom-client serializes it. */
interface SerializedMetric {
  readonly name: string;
  readonly aggregator: string;
}

/**
 * The metrics for Prometheus. A scrape of a desk with several workers reaches any one of them and must return the
 * metrics of all. Each worker labels its own with its name.
 */
export class DeskMetrics {
  readonly #registry = new Registry();
  readonly #link: WorkerLink | undefined;

  constructor(sluice: Sluice, worker: { readonly name: string; readonly link: WorkerLink } | undefined) {
    this.#link = worker?.link;
    if (worker !== undefined) this.#registry.setDefaultLabels({ worker: worker.name });
    collectDefaultMetrics({ register: this.#registry });
    sluiceMetrics(sluice, { register: this.#registry });
    worker?.link.answer("metrics", () => this.#registry.getMetricsAsJSON());
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Resolves to the metrics of all workers in the Prometheus text format. */
  async text(): Promise<string> {
    if (this.#link === undefined) return this.#registry.metrics();
    const others = this.#link.ask<SerializedMetric[]>("metrics", null);
    const own = (await this.#registry.getMetricsAsJSON()) as unknown as SerializedMetric[];
    // No two workers have equal labels. So the sum keeps each worker's values apart.
    const each = [own, ...(await others)].map((metrics) => metrics.map((metric) => ({ ...metric, aggregator: "sum" })));
    return AggregatorRegistry.aggregate(each).metrics();
  }
}
