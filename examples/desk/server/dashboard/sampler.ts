import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Sluice } from "sluice";
import type { Figures } from "../../wire/dashboard.ts";

/** How often the event loop's delay is measured. The measured delay includes this interval, so `#lag` subtracts it. */
const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

/** Measures this process's figures. */
export class Sampler {
  readonly #sluice: Sluice;
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #at = performance.now();
  #published = 0;
  #delivered = 0;

  constructor(sluice: Sluice) {
    this.#sluice = sluice;
    this.#delay.enable();
  }

  /** Returns the current figures. Rates and lag are those since the previous sample. */
  sample(): Figures {
    const { streams, published, delivered } = this.#sluice.stats();
    const { rss, heapUsed } = process.memoryUsage();
    const now = performance.now();
    const seconds = Math.max(0.001, (now - this.#at) / 1_000);
    const figures: Figures = {
      at: Date.now(),
      connections: streams,
      published: rounded((published - this.#published) / seconds),
      delivered: rounded((delivered - this.#delivered) / seconds),
      lagP50: this.#lag(50),
      lagP99: this.#lag(99),
      rss,
      heap: heapUsed,
    };
    this.#at = now;
    this.#published = published;
    this.#delivered = delivered;
    this.#delay.reset();
    return figures;
  }

  stop(): void {
    this.#delay.disable();
  }

  #lag(percentile: number): number {
    // An empty histogram returns NaN or its highest value.
    if (this.#delay.count === 0) return 0;
    return rounded(Math.max(0, this.#delay.percentile(percentile) / NS_PER_MS - RESOLUTION_MS));
  }
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
