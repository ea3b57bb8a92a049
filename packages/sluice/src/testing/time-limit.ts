import { checkNumber } from "../base/check-option.ts";

/** How long a test waits for what should come at once: well under the time limit of the usual test runners, to fail with a better message. */
const TIMEOUT_MS = 4_000;

/** Throws `INVALID_OPTION`. */
export function checkTimeout(timeout: number | undefined): number {
  return checkNumber("timeout", timeout, TIMEOUT_MS, { min: 1, infinite: true, unit: "ms" });
}

/** What a promise becomes, or a rejection with what was waited for in vain. The promise itself goes on. */
export async function within<T>(ms: number, promise: Promise<T>, inVain: () => string): Promise<T> {
  if (ms === Number.POSITIVE_INFINITY) return promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${inVain()}; gave up waiting.`)), Math.max(0, ms));
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
