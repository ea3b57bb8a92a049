/** One second of the server's own figures, of all its processes together: the `metric` event. */
export interface Metric {
  /** In ms since 1970. */
  readonly at: number;
  /** Open event streams. */
  readonly connections: number;
  /** Events published and delivered in this second. */
  readonly published: number;
  readonly delivered: number;
  /** Delay of the event loop in this second, in ms, where it was longest. */
  readonly lagP50: number;
  readonly lagP99: number;
  /** Memory, in bytes. */
  readonly rss: number;
  readonly heap: number;
  /** Where there are several processes: how many, and which has the longest delay. */
  readonly workers?: { readonly count: number; readonly slowest: string };
}

/** A threshold crossed, or no longer crossed: the `alert` event. */
export interface Alert {
  readonly alertId: string;
  readonly raised: boolean;
  readonly message: string;
  readonly at: number;
}

/** What a part of the server is doing: the `status` event. */
export type Status =
  | {
      readonly component: "server";
      readonly state: "ok" | "draining";
      readonly startedAt: number;
      readonly version: string;
    }
  | { readonly component: "generator"; readonly running: boolean; readonly perSecond: number }
  | { readonly component: "exports"; readonly running: number };
