import { Counter, Gauge, type OpenMetricsContentType, type PrometheusContentType, type Registry } from "prom-client";
import { checkFunction, checkNames, invalidOption } from "../base/check-option.ts";
import type { MeasuredSluice, MeasuredStats } from "./measured.ts";
import { METRICS, type Metric } from "./metric-table.ts";

/** Where the metrics go, and what besides the Sluice is measured. */
export interface SluiceMetricsOptions {
  /** The registry of prom-client that `/metrics` is made from. */
  readonly register: Registry<PrometheusContentType> | Registry<OpenMetricsContentType>;
  /** What each metric's name begins with; default `sluice_`. Each Sluice of a process needs its own. */
  readonly prefix?: string;
  /**
   * Which channels are also measured one by one; default: all. Leave out what there are many of, since every
   * channel is a time series of its own; `() => false` leaves out all.
   */
  readonly channels?: (name: string) => boolean;
}

/**
 * Puts the figures of a Sluice into a registry of prom-client. They are read when the registry is; until then they cost nothing.
 *
 * ```ts
 * const unregister = sluiceMetrics(sluice, { register });
 * app.get("/metrics", async (_req, res) => res.type(register.contentType).send(await register.metrics()));
 * ```
 * @returns a function that takes these metrics out of the registry again
 * @throws {SluiceError} `INVALID_OPTION`; the error of prom-client when the registry has a metric of that name
 */
export function sluiceMetrics(sluice: MeasuredSluice, options: SluiceMetricsOptions): () => void {
  checkNames("sluiceMetrics", options, ["register", "prefix", "channels"]);
  const { register, prefix = "sluice_", channels = () => true } = options;
  if (typeof sluice?.stats !== "function") throw invalidOption("sluice", "a Sluice", sluice);
  if (typeof register?.registerMetric !== "function")
    throw invalidOption("register", "a registry of prom-client", register);
  // [spec] metric names match [a-zA-Z_:][a-zA-Z0-9_:]* (Prometheus, data model)
  if (!/^[a-zA-Z_:][\w:]*$/.test(prefix)) throw invalidOption("prefix", "the beginning of a metric's name", prefix);
  checkFunction("channels", channels);

  const stats = oncePerScrape(() => {
    const stats = sluice.stats();
    const chosen = Object.entries(stats.channels).filter(([name]) => channels(name));
    return { ...stats, channels: Object.fromEntries(chosen) };
  });
  const registered: string[] = [];
  const unregister = () => {
    for (const name of registered.splice(0)) register.removeSingleMetric(name);
  };
  try {
    for (const metric of METRICS) {
      registerMetric(register, { ...metric, name: prefix + metric.name }, stats);
      registered.push(prefix + metric.name);
    }
  } catch (error) {
    unregister();
    throw error;
  }
  return unregister;
}

function registerMetric(
  register: SluiceMetricsOptions["register"],
  { kind, name, help, labels, read }: Metric,
  stats: () => MeasuredStats,
): void {
  const configuration = { name, help, labelNames: [...labels], registers: [register] };
  if (kind === "gauge") {
    new Gauge({
      ...configuration,
      collect() {
        this.reset();
        for (const [values, value] of read(stats())) this.set(values, value);
      },
    });
  } else {
    new Counter({
      ...configuration,
      collect() {
        // The Sluice has counted already: this is how a counter of prom-client is set.
        this.reset();
        for (const [values, value] of read(stats())) this.inc(values, value);
      },
    });
  }
}

/**
 * The stats are read once for all metrics of a scrape, which prom-client asks for in one go: so they fit together, and the walk over
 * all streams that the bytes take is done once.
 */
function oncePerScrape(read: () => MeasuredStats): () => MeasuredStats {
  let current: MeasuredStats | undefined;
  return () => {
    if (current === undefined) {
      current = read();
      queueMicrotask(() => {
        current = undefined;
      });
    }
    return current;
  };
}
