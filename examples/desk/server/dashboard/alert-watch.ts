import type { Alert, Metric } from "./metric.ts";

/** Above which an alert is raised. */
export interface AlertLimits {
  /** Open event streams. */
  readonly connections: number;
  /** 99th percentile of the event loop's delay within a second, in ms. */
  readonly lagMs: number;
  /** Resident memory, in bytes. */
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
    message: ({ lagP99 }, { lagMs }) => `Event-loop lag ${lagP99} ms, limit ${lagMs} ms`,
  },
  {
    alertId: "memory",
    isOver: ({ rss }, { rssBytes }) => rss > rssBytes,
    message: ({ rss }, { rssBytes }) => `Memory ${megabytes(rss)} MB, limit ${megabytes(rssBytes)} MB`,
  },
];

/** Says when a figure crosses its limit, and when it has calmed down. */
export class AlertWatch {
  readonly #limits: AlertLimits;
  /** Seconds below the limit, for each alert that is raised; with what it said when it was. */
  readonly #raised = new Map<string, { message: string; calm: number }>();

  constructor(limits: AlertLimits) {
    this.#limits = limits;
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
      const text = message(metric, this.#limits);
      this.#raised.set(alertId, { message: text, calm: 0 });
      return [{ alertId, raised: true, message: text, at: metric.at }];
    }
    if (raised === undefined || ++raised.calm < CALM_SECONDS) return [];
    this.#raised.delete(alertId);
    return [{ alertId, raised: false, message: raised.message, at: metric.at }];
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
