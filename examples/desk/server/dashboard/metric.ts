/** One second of one process. */
export interface Figures {
  /** In ms since 1970. */
  readonly at: number;
  /** Open event streams. */
  readonly connections: number;
  /** Events published, and events delivered to streams, per second. */
  readonly published: number;
  readonly delivered: number;
  /** Delay of the event loop in ms: median and 99th percentile of this second. */
  readonly lagP50: number;
  readonly lagP99: number;
  /** Resident memory and used heap, in bytes. */
  readonly rss: number;
  readonly heap: number;
}

/** One second of the whole desk: the data of a `metric` event. Lag is that of the process that has most of it, the rest are sums. */
export interface Metric extends Figures {
  /** Where there are several processes: how many, and the name of the one with the most lag. */
  readonly workers?: { readonly count: number; readonly slowest: string };
}

/** A threshold that was crossed, or no longer is: the data of an `alert` event. */
export interface Alert {
  readonly alertId: "connections" | "loop-lag" | "memory";
  readonly raised: boolean;
  /** For people. */
  readonly message: string;
  readonly at: number;
}

/** What a part of the server is doing: the data of a `status` event. */
export type Status =
  | {
      readonly component: "server";
      readonly state: "ok" | "draining";
      readonly startedAt: number;
      readonly version: string;
    }
  | { readonly component: "generator"; readonly running: boolean; readonly perSecond: number }
  | { readonly component: "exports"; readonly running: number };

/** The types of the events of the channel `dashboard`. */
export type DashboardEvents = {
  readonly metric: Metric;
  readonly alert: Alert;
  readonly status: Status;
};
