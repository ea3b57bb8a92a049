import { Counter, Gauge, type OpenMetricsContentType, type PrometheusContentType, type Registry } from "prom-client";
import { checkNames, invalidOption } from "../protocol/check-option.ts";
import type { MeasuredChannel, MeasuredSluice } from "./measured.ts";
import { METRICS } from "./metric-table.ts";

/** Where the metrics go, and what besides the Sluice is measured. */
export interface SluiceMetricsOptions {
  /** The registry of prom-client that `/metrics` is made from. */
  readonly register: Registry<PrometheusContentType> | Registry<OpenMetricsContentType>;
  /** What each metric's name begins with; default `sluice_`. Each Sluice of a process needs its own. */
  readonly prefix?: string;
  /**
   * The channels that are also measured one by one; default none. A list or a `Set` may change: it is read anew each time. Leave out
   * channels that are made as users come, or each of them becomes a time series.
   */
  readonly channels?: Iterable<MeasuredChannel>;
}

/**
 * Puts the figures of a Sluice into a registry of prom-client. They are read when the registry is; until then they cost nothing.
 *
 * ```ts
 * const unregister = sluiceMetrics(sluice, { register, channels: [orders] });
 * app.get("/metrics", async (_req, res) => res.type(register.contentType).send(await register.metrics()));
 * ```
 * @returns a function that takes these metrics out of the registry again
 * @throws {SluiceError} `INVALID_OPTION`; the error of prom-client when the registry has a metric of that name
 */
export function sluiceMetrics(sluice: MeasuredSluice, options: SluiceMetricsOptions): () => void {
  checkNames("sluiceMetrics", options, ["register", "prefix", "channels"]);
  const { register, prefix = "sluice_", channels = [] } = options;
  if (typeof sluice?.stats !== "function") throw invalidOption("sluice", "a Sluice", sluice);
  if (typeof register?.registerMetric !== "function")
    throw invalidOption("register", "a registry of prom-client", register);
  // [spec] metric names match [a-zA-Z_:][a-zA-Z0-9_:]* (Prometheus, data model)
  if (!/^[a-zA-Z_:][\w:]*$/.test(prefix)) throw invalidOption("prefix", "the beginning of a metric's name", prefix);
  if (typeof channels?.[Symbol.iterator] !== "function")
    throw invalidOption("channels", "a list of channels", channels);

  const registered: string[] = [];
  const unregister = () => {
    for (const name of registered.splice(0)) register.removeSingleMetric(name);
  };
  try {
    for (const { kind, name, help, labels, read } of METRICS) {
      const configuration = { name: prefix + name, help, labelNames: [...labels], registers: [register] };
      const samples = () => read({ sluice, channels });
      if (kind === "gauge") {
        new Gauge({
          ...configuration,
          collect() {
            this.reset();
            for (const [values, value] of samples()) this.set(values, value);
          },
        });
      } else {
        new Counter({
          ...configuration,
          collect() {
            // The Sluice has counted already: this is how a counter of prom-client is set.
            this.reset();
            for (const [values, value] of samples()) this.inc(values, value);
          },
        });
      }
      registered.push(prefix + name);
    }
  } catch (error) {
    unregister();
    throw error;
  }
  return unregister;
}
