import { Counter, Gauge, type Registry } from "prom-client";
import { checkFunction, checkNames, checkNumber, checkText, invalidOption } from "../base/checks/check-option.ts";
import { isReplaced } from "../base/copies/shared-sluices.ts";
import { tooOld } from "../base/loading/load-package.ts";
import { ChannelLabels } from "./channel-series.ts";
import type { MeasuredSluice } from "./measured.ts";
import { METRICS, type Metric, type ScrapedStats } from "./metric-table.ts";

/** Default of the option `maxChannels`. */
const MAX_CHANNELS = 50;

/** The part of prom-client's `Registry` that the metrics use, in all of its versions. */
export interface MetricsRegistry {
  registerMetric(metric: never): void;
  removeSingleMetric(name: string): void;
}

/** The Sluices whose metrics are in a registry, by prefix. The registry keeps them, for all copies of the package. */
type Registrations = Map<string, { readonly sluice: MeasuredSluice; readonly unregister: () => void }>;
const REGISTRATIONS: unique symbol = Symbol.for("sluice.metrics");

/** Options of {@link sluiceMetrics}. */
export interface SluiceMetricsOptions {
  /** Sets the registry of prom-client to which the metrics are added. Required. */
  readonly register: MetricsRegistry;
  /** Sets the prefix of each metric's name. Each Sluice of a process needs its own prefix. Default: `sluice_`. */
  readonly prefix?: string;
  /**
   * Selects the channels that have time series of their own, by name or by a function that returns true. Default: all
   * channels, up to `maxChannels`.
   */
  readonly channels?: readonly string[] | ((name: string) => boolean);
  /**
   * Limits the channels that have time series of their own, those first that are seen first. All further channels share
   * the label `channel="other"`. A channel keeps its series when it closes. `Infinity`: no limit. Default: 50.
   */
  readonly maxChannels?: number;
}

/**
 * Adds the figures of a Sluice to a registry of prom-client. The figures are read at each scrape, and cost nothing in
 * between. A further call for the same Sluice, as after a hot reload, replaces its metrics.
 *
 * ```ts
 * const unregister = sluiceMetrics(sluice, { register });
 * app.get("/metrics", async (_req, res) => res.type(register.contentType).send(await register.metrics()));
 * ```
 *
 * @returns a function that removes these metrics from the registry
 * @throws {SluiceError} `INVALID_OPTION`; `MISSING_PACKAGE` if prom-client is too old; an error of prom-client if the
 * registry already has another metric of one of the names
 */
export function sluiceMetrics(sluice: MeasuredSluice, options: SluiceMetricsOptions): () => void {
  checkNames("sluiceMetrics", options, ["register", "prefix", "channels", "maxChannels"]);
  const { register, prefix = "sluice_", channels } = options;
  if (typeof sluice?.stats !== "function") throw invalidOption("sluice", "a Sluice", sluice);
  if (typeof register?.registerMetric !== "function")
    throw invalidOption("register", "a registry of prom-client", register);
  // [spec] metric names match [a-zA-Z_:][a-zA-Z0-9_:]* (Prometheus, data model)
  if (!/^[a-zA-Z_:][\w:]*$/.test(prefix)) throw invalidOption("prefix", "the beginning of a metric's name", prefix);
  if (Array.isArray(channels)) channels.forEach((name, i) => void checkText(`channels[${i}]`, name ?? null));
  else checkFunction("channels", channels);
  const rule = { whole: true, infinite: true };
  const limit = checkNumber("maxChannels", options.maxChannels, MAX_CHANNELS, rule);
  const labels = new ChannelLabels(isChosen(channels), limit);
  const stats = oncePerScrape((): ScrapedStats => {
    const figures = sluice.stats({ channels: (name) => labels.has(name) });
    return { ...figures, series: labels.seriesOf(figures) };
  });
  const registrations = ((register as { [REGISTRATIONS]?: Registrations })[REGISTRATIONS] ??= new Map());
  const earlier = registrations.get(prefix);
  if (earlier !== undefined && (earlier.sluice === sluice || isReplaced(earlier.sluice))) earlier.unregister();
  const registered: string[] = [];
  const unregister = () => {
    for (const name of registered.splice(0)) register.removeSingleMetric(name);
  };
  try {
    for (const metric of METRICS) {
      registerMetric(register, { ...metric, name: prefix + metric.name }, stats);
      registered.push(prefix + metric.name);
    }
    registrations.set(prefix, { sluice, unregister });
  } catch (error) {
    unregister();
    throw error;
  }
  return unregister;
}

function isChosen(channels: SluiceMetricsOptions["channels"]): (name: string) => boolean {
  if (typeof channels === "function") return channels;
  const names = channels && new Set(channels);
  return (name) => names === undefined || names.has(name);
}

function registerMetric(
  register: SluiceMetricsOptions["register"],
  { kind, name, help, labels, read }: Metric,
  stats: () => ScrapedStats,
): void {
  const configuration = { name, help, labelNames: [...labels], registers: [register as unknown as Registry] };
  if (kind === "gauge") {
    const gauge = new Gauge({
      ...configuration,
      collect() {
        this.reset();
        for (const [values, value] of read(stats())) this.set(values, value);
      },
    });
    // An older prom-client never calls `collect`: every figure would stay 0.
    if (!("collect" in gauge)) throw tooOld({ name: "prom-client", user: "sluice/metrics", since: "13" });
  } else {
    new Counter({
      ...configuration,
      collect() {
        // A counter of prom-client has no `set`, and the Sluice has the total already.
        this.reset();
        for (const [values, value] of read(stats())) this.inc(values, value);
      },
    });
  }
}

/**
 * Reads the stats once for all metrics of a scrape, which prom-client collects in one turn. So the figures are
 * consistent, and the sum of bytes, which visits all streams, is computed once.
 */
function oncePerScrape(read: () => ScrapedStats): () => ScrapedStats {
  let current: ScrapedStats | undefined;
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
