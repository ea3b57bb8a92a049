import type { Logger } from "pino";
import type { AlertLimits } from "./dashboard/alert-monitor.ts";
import type { LogChoice } from "./log/log-choice.ts";
import type { Certificate } from "./tls/certificate.ts";
import type { WorkerLink } from "./workers/worker-link.ts";

/** Options of a desk. Each has a default. */
export interface DeskOptions {
  /** The secret that signs the tokens, at least 32 bytes. Default: a new secret for each start. */
  readonly jwtSecret?: string;
  /** Lifetime of a token, in ms. Default: one hour. */
  readonly tokenLifetime?: number;
  /** Number of orders kept for replay, at most 10,000. Default: 10,000. */
  readonly retainOrders?: number;
  /** Reconnection time sent to browsers, in ms. Default: 3,000, long enough to see that a stream is disconnected. */
  readonly retry?: number;
  /** Compresses events for clients that accept gzip. Default: false. */
  readonly compress?: boolean;
  /** Pause after each step of an export, in ms. Default: 50. */
  readonly exportPace?: number;
  /** Limits above which the dashboard raises an alert. Default: 40 streams, 100 ms of lag, 512 MB per process. */
  readonly alerts?: Partial<AlertLimits>;
  /** The log that keeps the events. Default: the memory of this process. */
  readonly log?: LogChoice;
  /** This worker's name and its link to the other workers on the port. Default: this process is the only one. */
  readonly worker?: { readonly name: string; readonly link: WorkerLink };
  /** A folder for exports that several processes share. The desk does not delete it. Default: a folder of its own. */
  readonly exportsFolder?: string;
  /** When the desk was started, in ms since 1970. Default: now. */
  readonly startedAt?: number;
  /** Host names that the desk serves besides loopback names and the address on which it listens. Default: none. */
  readonly allowHosts?: readonly string[];
  /** The certificate with which the desk serves HTTPS, over HTTP/2 or HTTP/1.1. Default: the desk serves plain HTTP. */
  readonly certificate?: Certificate | undefined;
  /** Folder of the built page. Default: beside the built server. */
  readonly pageFolder?: string;
  /** Default: no logging. */
  readonly logger?: Logger;
}

const MEGABYTE = 1_000_000;

/** Default values of {@link DeskOptions}. */
export const DEFAULTS: {
  readonly tokenLifetime: number;
  readonly retainOrders: number;
  readonly retry: number;
  readonly exportPace: number;
  readonly alerts: AlertLimits;
} = {
  tokenLifetime: 3_600_000,
  retainOrders: 10_000,
  retry: 3_000,
  exportPace: 50,
  alerts: { connections: 40, lagMs: 100, rssBytes: 512 * MEGABYTE },
};
