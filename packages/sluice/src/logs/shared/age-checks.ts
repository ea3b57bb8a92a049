import { quietInterval } from "../../base/timers.ts";

/** Checks within one `retain.age`: an entry stays at most a tenth of the age too long. */
const CHECKS_PER_AGE = 10;
const MIN_INTERVAL_MS = 1;
const MAX_INTERVAL_MS = 60_000;

/**
 * Starts a timer for a log that trims by age: calls `check` ten times within `age` (in ms), and at least once a minute.
 * Does nothing if `age` is `Infinity`. The timer does not keep the process running. Returns a function that stops it.
 */
export function startAgeChecks(age: number, check: () => void): () => void {
  if (age === Number.POSITIVE_INFINITY) return () => undefined;
  const interval = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, age / CHECKS_PER_AGE));
  const timer = quietInterval(check, interval);
  return () => clearInterval(timer);
}
