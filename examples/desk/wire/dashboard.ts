import type { GeneratorState } from "./generator.ts";

/** The figures of one process for one second. */
export interface Figures {
  /** In ms since 1970. */
  readonly at: number;
  /** Open event streams. */
  readonly connections: number;
  /** Events published per second. */
  readonly published: number;
  /** Events delivered to streams per second. */
  readonly delivered: number;
  /** Median delay of the event loop in this second, in ms. */
  readonly lagP50: number;
  /** 99th percentile of the event loop's delay in this second, in ms. */
  readonly lagP99: number;
  /** Resident memory, in bytes. */
  readonly rss: number;
  /** Used heap, in bytes. */
  readonly heap: number;
}

/**
 * The figures of the whole desk for one second: the data of a `metric` event. The lag is that of the slowest process.
 * All other figures are sums over the processes.
 */
export interface Metric extends Figures {
  /** Number of processes, and the name of the process with the longest lag. Absent if the desk is one process. */
  readonly workers?: { readonly count: number; readonly slowest: string };
}

/** A figure crossed its limit, or fell below it again: the data of an `alert` event. */
export interface Alert {
  readonly alertId: "connections" | "loop-lag" | "memory";
  readonly raised: boolean;
  /** Text for people. */
  readonly message: string;
  /** In ms since 1970. */
  readonly at: number;
}

/** The state of the server itself. */
export interface ServerState {
  readonly state: "ok" | "draining";
  /** In ms since 1970. */
  readonly startedAt: number;
  readonly version: string;
}

/** The state of one part of the desk: the data of a `status` event. */
export type Status =
  | ({ readonly component: "server" } & ServerState)
  | ({ readonly component: "generator" } & GeneratorState)
  | { readonly component: "exports"; readonly running: number };

/** The response of `GET /api/dashboard/history`, oldest first. */
export interface DashboardHistory {
  readonly metrics: readonly Metric[];
}
