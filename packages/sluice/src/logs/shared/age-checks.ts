import { quietInterval, quietTimeout, type Timer } from "../../base/time/timers.ts";

/** Checks within one `retain.age`: an entry stays at most a tenth of the age too long. */
const CHECKS_PER_AGE = 10;
const MIN_INTERVAL_MS = 1;
const MAX_INTERVAL_MS = 60_000;
/** Checks that run in one turn of the event loop. Each may send a request. Later parts follow after a pause. */
const CHECKS_PER_TURN = 256;
const MAX_PAUSE_MS = 100;

/** The newest entry of a log. */
interface LogEnd {
  readonly epoch: string;
  readonly last: number;
}

/** The newest entry of a log at a time of the monotonic clock. */
interface Mark extends LogEnd {
  readonly at: number;
}

/** The timers of a log's age checks: one for each interval, however many channels have it. */
export class AgeTimers {
  readonly #byInterval = new Map<number, { readonly timer: Timer; readonly checks: Set<() => void> }>();

  /** Calls `check` every `interval` ms. The timer does not keep the process running. Returns a function to stop it. */
  every(interval: number, check: () => void): () => void {
    let shared = this.#byInterval.get(interval);
    if (shared === undefined) {
      const checks = new Set<() => void>();
      const timer = quietInterval(() => runInParts(checks, interval), interval);
      this.#byInterval.set(interval, (shared = { timer, checks }));
    }
    const { timer, checks } = shared;
    checks.add(check);
    return () => {
      if (!checks.delete(check) || checks.size > 0) return;
      clearInterval(timer);
      this.#byInterval.delete(interval);
    };
  }
}

/** Runs checks in parts, all within half of the interval. Leaves out those that are stopped meanwhile. */
function runInParts(checks: ReadonlySet<() => void>, interval: number): void {
  const due = [...checks];
  const pause = Math.min(MAX_PAUSE_MS, (interval * CHECKS_PER_TURN) / due.length / 2);
  const run = (from: number) => {
    for (const check of due.slice(from, from + CHECKS_PER_TURN)) if (checks.has(check)) check();
    const next = from + CHECKS_PER_TURN;
    if (next < due.length) quietTimeout(() => run(next), pause);
  };
  run(0);
}

/** Options of {@link startAgeChecks}. */
export interface AgeCheckOptions {
  /** In ms. `Infinity`: there are no checks. */
  readonly age: number;
  readonly timers: AgeTimers;
}

/**
 * Starts the checks of a log that trims by age: calls `check` ten times within `age`, and at least once a minute.
 * Returns a function that stops them.
 *
 * An entry has its time from the wall clock, which may be set back. `through` is the offset up to which all entries are
 * older than `age` on the monotonic clock, or 0: `end` returned it that long ago.
 */
export function startAgeChecks(
  { age, timers }: AgeCheckOptions,
  end: () => LogEnd,
  check: (through: number) => void,
): () => void {
  if (age === Number.POSITIVE_INFINITY) return () => undefined;
  const interval = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, age / CHECKS_PER_AGE));
  const marks: Mark[] = [];
  return timers.every(interval, () => {
    const now = performance.now();
    const { epoch, last } = end();
    let through = 0;
    for (let oldest = marks[0]; oldest !== undefined; oldest = marks[0]) {
      // In another life of the log, other entries have these offsets.
      const isStale = oldest.epoch !== epoch;
      if (!isStale && oldest.at + age > now) break;
      if (!isStale) through = oldest.last;
      marks.shift();
    }
    const newest = marks.at(-1);
    // If the age is long, the checks are more frequent than the marks, so that their number is small.
    if (newest === undefined || (newest.last < last && now - newest.at > age / CHECKS_PER_AGE / 2))
      marks.push({ at: now, epoch, last });
    check(through);
  });
}
