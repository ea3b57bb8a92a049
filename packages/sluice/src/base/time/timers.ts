/** A timer of any runtime. */
export type Timer = ReturnType<typeof setTimeout>;

/**
 * Runs `callback` at the end of the current event-loop turn: by `setImmediate` if the runtime has it, else by a timer
 * of 0 ms.
 */
export const afterTurn: (callback: () => void) => void =
  typeof setImmediate === "function"
    ? (callback) => void setImmediate(callback)
    : (callback) => void setTimeout(callback, 0);

/** Resolves after `ms` milliseconds. The process keeps running until then. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Calls back after `ms` milliseconds, as `setTimeout` does. The timer does not keep the process running. */
export function quietTimeout(callback: () => void, ms: number): Timer {
  return quiet(setTimeout(callback, ms));
}

/** Calls back every `ms` milliseconds, as `setInterval` does. The timer does not keep the process running. */
export function quietInterval(callback: () => void, ms: number): Timer {
  return quiet(setInterval(callback, ms));
}

/** Settles as `promise` does, and keeps the process running until then. */
export async function holdProcess<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, LONGEST_MS);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}

/** The longest delay of a timer, in ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** Resolves after `ms` milliseconds, without keeping the process running. */
export function quietSleep(ms: number): Promise<void> {
  return new Promise((resolve) => void quietTimeout(resolve, ms));
}

/** A delay of a timer, in ms, from which on it counts as a sign that the process stood still. */
const LATE_MS = 100;

/**
 * Calls back after `ms` milliseconds in which the process could run, and returns a function that stops the timer. If
 * the process stood still, the awaited answer may have arrived unread. The limit is then longer by that time, at most
 * by `ms`. Pass `quietTimeout` as `start` for a timer that does not keep the process running.
 */
export function timeLimit(callback: () => void, ms: number, start: typeof quietTimeout = setTimeout): () => void {
  const due = performance.now() + ms;
  let timer = start(() => {
    const late = performance.now() - due;
    if (late < LATE_MS) return callback();
    timer = start(callback, Math.min(late, ms));
  }, ms);
  return () => clearTimeout(timer);
}

/**
 * Settles as `promise` does, but rejects with `timeoutError()` if that takes longer than `ms` milliseconds, as
 * {@link timeLimit} counts them. The work behind `promise` continues.
 */
export async function within<T>(promise: Promise<T>, ms: number, timeoutError: () => Error): Promise<T> {
  let stop: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    stop = timeLimit(() => reject(timeoutError()), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop?.();
  }
}

/** Lets the process exit before the timer fires, if the runtime can do so. In workers a timer is a number. */
function quiet(timer: Timer): Timer {
  (timer as { unref?(): void }).unref?.();
  return timer;
}

/**
 * Returns `value` ± a random part of it (0.2: ±20 %), evenly distributed, so that many clients do not act at the same
 * moment.
 */
export function jitter(value: number, part: number): number {
  return value * (1 - part + 2 * part * Math.random());
}
