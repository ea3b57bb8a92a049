import type { Alert, Metric } from "./metric.ts";

/** Above which an alert is raised. */
export interface AlertLimits {
  /** Open event streams. */
  readonly connections: number;
  /** 99th percentile of the event loop's delay within a second, in ms. */
  readonly lagMs: number;
  /** Resident memory of a process, in bytes. */
  readonly rssBytes: number;
}

/** An alert is cleared after so many seconds below its limit, lest it flicker. */
const CALM_SECONDS = 3;

interface Watched {
  readonly alertId: Alert["alertId"];
  readonly isOver: (metric: Metric, limits: AlertLimits) => boolean;
  readonly message: (metric: Metric, limits: AlertLimits) => string;
}

const WATCHED: readonly Watched[] = [
  {
    alertId: "connections",
    isOver: ({ connections }, limits) => connections > limits.connections,
    message: ({ connections }, limits) => `${connections} streams open, limit ${limits.connections}`,
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

/** Says when a figure crosses its limit, and when it has calmed down. */
export class AlertWatch {
  readonly #limits: AlertLimits;
  /** The alerts that are raised, with the seconds below their limits. */
  readonly #raised = new Map<string, { readonly alert: Alert; calm: number }>();

  constructor(limits: AlertLimits) {
    this.#limits = limits;
  }

  /** The alerts that are raised. */
  get raised(): Alert[] {
    return [...this.#raised.values()].map(({ alert }) => alert);
  }

  /** Takes in what another process raised or cleared: whoever watches next must know what there is to clear. */
  learn(alert: Alert): void {
    if (!alert.raised) this.#raised.delete(alert.alertId);
    else if (!this.#raised.has(alert.alertId)) this.#raised.set(alert.alertId, { alert, calm: 0 });
  }

  /** The alerts that this metric raises or clears. */
  judge(metric: Metric): Alert[] {
    return WATCHED.flatMap((watched) => this.#judge(watched, metric));
  }

  #judge({ alertId, isOver, message }: Watched, metric: Metric): Alert[] {
    const raised = this.#raised.get(alertId);
    if (isOver(metric, this.#limits)) {
      if (raised !== undefined) {
        raised.calm = 0;
        return [];
      }
      const alert: Alert = { alertId, raised: true, message: message(metric, this.#limits), at: metric.at };
      this.#raised.set(alertId, { alert, calm: 0 });
      return [alert];
    }
    if (raised === undefined || ++raised.calm < CALM_SECONDS) return [];
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
