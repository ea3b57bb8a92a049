import { checkNames, checkNumber } from "../base/check-option.ts";

/** Options of a drain: the orderly end of all streams before a shutdown. */
export interface DrainOptions {
  /**
   * Time before any stream is ended or refused, in ms. `health()` reports `draining` from its start, so that a load
   * balancer can react: a native EventSource that receives 503 gives up for good. It precedes `timeout`. Default: 0.
   */
  readonly grace?: number;
  /**
   * Time for the whole drain after `grace`, in ms. Job streams may continue until its end, and so may jobs that other
   * processes follow. Connections that are still open then are cut. Default: 10,000.
   */
  readonly timeout?: number;
  /**
   * Time over which the other streams are ended one after another, in ms; at most `timeout`. Default: 2,000, or half of
   * `timeout` if that is less.
   */
  readonly pace?: number;
  /**
   * Time over which reconnecting subscribers are spread, in ms. Each stream is sent a reconnection time: the larger of
   * its `retry` and the time until this drain ends, plus a random part of `spread`. Default: 3,000.
   */
  readonly spread?: number;
}

/** Drain options with all defaults. */
export type DrainSettings = Readonly<Required<DrainOptions>>;

export const DRAIN_OPTION_NAMES: readonly string[] = [
  "grace",
  "timeout",
  "pace",
  "spread",
] satisfies (keyof DrainOptions)[];

const TIMEOUT_MS = 10_000;
const PACE_MS = 2_000;
const SPREAD_MS = 3_000;
const MAX_GRACE_MS = 600_000;

/** Returns the options with their defaults. Throws `INVALID_OPTION` if one is invalid. */
export function checkDrainOptions(given: DrainOptions, defaults?: DrainOptions): DrainSettings {
  checkNames("drain", given, DRAIN_OPTION_NAMES);
  const options = { ...defaults, ...given };
  const timeout = checkNumber("timeout", options.timeout, TIMEOUT_MS, { unit: "ms" });
  const pace = checkNumber("pace", options.pace, Math.min(PACE_MS, timeout / 2), { unit: "ms" });
  return {
    grace: checkNumber("grace", options.grace, 0, { max: MAX_GRACE_MS, unit: "ms" }),
    timeout,
    pace: Math.min(timeout, pace),
    spread: checkNumber("spread", options.spread, SPREAD_MS, { unit: "ms" }),
  };
}
