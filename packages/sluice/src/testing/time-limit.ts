import { checkNumber } from "../base/check-option.ts";

/** Shorter than the time limit of common test runners (5 s), so that a test fails with the message of this package. */
const TIMEOUT_MS = 4_000;

/** Returns the option `timeout`, or its default. Throws `INVALID_OPTION`. */
export function checkTimeout(timeout: number | undefined): number {
  return checkNumber("timeout", timeout, TIMEOUT_MS, { min: 1, infinite: true, unit: "ms" });
}

/** Settles as `promise` does, but rejects with `message()` after `ms`. The promise itself is not cancelled. */
export async function within<T>(ms: number, promise: Promise<T>, message: () => string): Promise<T> {
  if (ms === Number.POSITIVE_INFINITY) return promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message()} within the time limit.`)), Math.max(0, ms));
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
