import { checkNumber } from "../base/checks/check-option.ts";
import { within } from "../base/time/timers.ts";

/** Shorter than the time limit of common test runners (5 s), so that a test fails with the message of this package. */
const TIMEOUT_MS = 4_000;

/** Returns the option `timeout`, or its default. Throws `INVALID_OPTION`. */
export function checkTimeout(timeout: number | undefined): number {
  return checkNumber("timeout", timeout, TIMEOUT_MS, { min: 1, infinite: true, unit: "ms" });
}

/**
 * Settles as `promise` does, but rejects after `ms` milliseconds with an error that begins with `message()`. It never
 * does so if `ms` is `Infinity`. The work behind `promise` continues.
 */
export function inTime<T>(ms: number, promise: Promise<T>, message: () => string): Promise<T> {
  if (ms === Number.POSITIVE_INFINITY) return promise;
  return within(promise, Math.max(0, ms), () => new Error(`${message()} within the time limit.`));
}
