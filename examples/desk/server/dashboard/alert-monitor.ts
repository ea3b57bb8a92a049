import type { Alert, Metric } from "../../wire/dashboard.ts";

/** Limits above which an alert is raised. */
export interface AlertLimits {
  /** Open event streams. */
  readonly connections: number;
  /** 99th percentile of the event loop's delay in one second, in ms. */
  readonly lagMs: number;
  /** Resident memory per process, in bytes. */
  readonly rssBytes: number;
}

/** An alert is cleared after this many seconds in a row below its limit, so that it does not flicker. */
const CLEAR_AFTER_SECONDS = 3;

interface AlertRule {
  readonly alertId: Alert["alertId"];
  readonly isOver: (metric: Metric, limits: AlertLimits) => boolean;
  readonly message: (metric: Metric, limits: AlertLimits) => string;
}

const RULES: readonly AlertRule[] = [
  {
    alertId: "connections",
    isOver: ({ connections }, limits) => connections > limits.connections,
    message: ({ connections }, limits) => `${connections} open streams, limit ${limits.connections}`,
  },
  {
    alertId: "loop-lag",
    isOver: ({ lagP99 }, { lagMs }) => lagP99 > lagMs,
    message: ({ lagP99, workers }, { lagMs }) =>
      `Event-loop lag ${lagP99} ms${workers === undefined ? "" : ` in worker ${workers.slowest}`}, limit ${lagMs} ms`,
  },
  {
    alertId: "memory",
    isOver: (metric, limits) => metric.rss > rssLimit(metric, limits),
    message: (metric, limits) => `Memory ${megabytes(metric.rss)} MB, limit ${megabytes(rssLimit(metric, limits))} MB`,
  },
];

/** Raises an alert when a figure exceeds its limit, and clears it when the figure stays below the limit again. */
export class AlertMonitor {
  readonly #limits: AlertLimits;
  /** The raised alerts, each with the seconds in a row that its figure was below the limit. */
  readonly #raised = new Map<string, { readonly alert: Alert; secondsBelow: number }>();

  constructor(limits: AlertLimits) {
    this.#limits = limits;
  }

  /** The raised alerts. */
  get raised(): Alert[] {
    return [...this.#raised.values()].map(({ alert }) => alert);
  }

  /**
   * Records an alert that another process raised or cleared. If this process becomes the leader, it can clear the
   * alert.
   */
  apply(alert: Alert): void {
    if (!alert.raised) this.#raised.delete(alert.alertId);
    else if (!this.#raised.has(alert.alertId)) this.#raised.set(alert.alertId, { alert, secondsBelow: 0 });
  }

  /** Returns the alerts that this metric raises or clears. Call it once per second. */
  check(metric: Metric): Alert[] {
    return RULES.flatMap((rule) => this.#check(rule, metric));
  }

  #check({ alertId, isOver, message }: AlertRule, metric: Metric): Alert[] {
    const raised = this.#raised.get(alertId);
    if (isOver(metric, this.#limits)) {
      if (raised !== undefined) {
        raised.secondsBelow = 0;
        return [];
      }
      const alert: Alert = { alertId, raised: true, message: message(metric, this.#limits), at: metric.at };
      this.#raised.set(alertId, { alert, secondsBelow: 0 });
      return [alert];
    }
    if (raised === undefined || ++raised.secondsBelow < CLEAR_AFTER_SECONDS) return [];
    this.#raised.delete(alertId);
    return [{ alertId, raised: false, message: raised.alert.message, at: metric.at }];
  }
}

function rssLimit({ workers }: Metric, { rssBytes }: AlertLimits): number {
  return rssBytes * (workers?.count ?? 1);
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
