import type { Logger } from "pino";
import type { AlertLimits } from "./dashboard/alert-watch.ts";

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
