import { AggregatorRegistry, collectDefaultMetrics, Registry } from "prom-client";
import type { Sluice } from "sluice";
import { sluiceMetrics } from "sluice/metrics";
import type { WorkerLink } from "../workers/worker-link.ts";

/** A metric with all its values, as prom-client writes it down. */
interface WrittenMetric {
  readonly name: string;
  readonly aggregator: string;
}

/**
 * The figures for Prometheus. Whoever scrapes a desk of several workers reaches any of them, and must get the figures of all: each worker
 * labels its own with its name.
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

  async text(): Promise<string> {
    if (this.#link === undefined) return this.#registry.metrics();
    const others = this.#link.ask<WrittenMetric[]>("metrics", null);
    const own = (await this.#registry.getMetricsAsJSON()) as unknown as WrittenMetric[];
    // No two workers have the same labels, so that to sum up is to put side by side.
    const each = [own, ...(await others)].map((metrics) => metrics.map((metric) => ({ ...metric, aggregator: "sum" })));
    return AggregatorRegistry.aggregate(each).metrics();
  }
}
