import { sleep, timeLimit } from "../../../base/time/timers.ts";

/** Any value but `undefined`, which asks for another attempt. */
export type Defined = NonNullable<unknown> | null;

/** Options of {@link retryIdempotent}. */
export interface RetryOptions {
  /** Time limit, in ms: see {@link timeLimit}. */
  readonly timeout: number;
  /** Returns the error to reject with at the time limit. */
  readonly timeoutError: () => Error;
  /** Returns the pause after this many attempts, in ms. Default: no pause. */
  readonly pause?: (attempts: number) => number;
}

/**
 * Runs idempotent work until an attempt returns a value other than `undefined`. An attempt returns `undefined` if the
 * connection or the log's epoch changed while it ran. Rejects if an attempt throws, and with `timeoutError()` at the
 * time limit; no attempt starts later.
 */
export function retryIdempotent<T extends Defined>(
  { timeout, timeoutError, pause }: RetryOptions,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const stop = timeLimit(() => {
      isLate = true;
      reject(timeoutError());
    }, timeout);
    const run = async (): Promise<void> => {
      for (let attempts = 1; !isLate; attempts++) {
        const result = await attempt();
        if (result !== undefined) return resolve(result);
        if (pause !== undefined) await sleep(pause(attempts));
      }
    };
    run().catch(reject).finally(stop);
  });
}
