import type { Logger } from "pino";
import type { AlertLimits } from "./dashboard/alert-watch.ts";
import type { LogChoice } from "./log/log-choice.ts";
import type { WorkerLink } from "./workers/worker-link.ts";

/** How a desk is built. Everything has a default. */
export interface DeskOptions {
  /** What signs the tokens, at least 32 bytes. Default: a new one for each start. */
  readonly jwtSecret?: string;
  /** How long a token lives, in ms. Default: one hour. */
  readonly tokenLifetime?: number;
  /** Orders that can still be replayed, at most 10 000, which is the default. */
  readonly retainOrders?: number;
  /** Reconnection time that browsers are told, in ms: long enough to see a stream being away. Default: 3 000. */
  readonly retry?: number;
  /** Pause after each step of an export, in ms. Default: 50. */
  readonly exportPace?: number;
  /** Above which the dashboard raises an alert. */
  readonly alerts?: Partial<AlertLimits>;
  /** Where the events are kept. Default: in this process's memory. */
  readonly log?: LogChoice;
  /** Which of several processes on one port this is, and its way to the others. Default: it is the only one. */
  readonly worker?: { readonly name: string; readonly link: WorkerLink };
  /** Where exports are written, if several processes share the folder; nobody deletes it then. Default: a folder of its own. */
  readonly exportsFolder?: string;
  /** When the desk was started, in ms since 1970. Default: now. */
  readonly startedAt?: number;
  /** Where the built page is. Default: beside the built server. */
  readonly pageFolder?: string;
  /** Default: none. */
  readonly logger?: Logger;
}

const MEGABYTE = 1_000_000;

/** What holds where nothing is said. */
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
