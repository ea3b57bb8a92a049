/** A timer of any runtime. */
export type Timer = ReturnType<typeof setTimeout>;

/**
 * Runs `callback` when the current event-loop turn has done its work: with `setImmediate` where the runtime has it, else with a timer of
 * 0 ms.
 */
export const afterTurn: (callback: () => void) => void =
  typeof setImmediate === "function"
    ? (callback) => void setImmediate(callback)
    : (callback) => void setTimeout(callback, 0);

/** `setTimeout` whose timer does not keep the process running. `ms` is in milliseconds. */
export function quietTimeout(callback: () => void, ms: number): Timer {
  return quiet(setTimeout(callback, ms));
}

/** `setInterval` whose timer does not keep the process running. `ms` is in milliseconds. */
export function quietInterval(callback: () => void, ms: number): Timer {
  return quiet(setInterval(callback, ms));
}

/** Resolves after `ms` milliseconds. The process keeps running until then. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Resolves after `ms` milliseconds, without keeping the process running. */
export function quietSleep(ms: number): Promise<void> {
  return new Promise((resolve) => void quietTimeout(resolve, ms));
}

/** Node, Bun and Deno can detach a timer from the life of the process. In workers a timer is a number. */
function quiet(timer: Timer): Timer {
  (timer as { unref?(): void }).unref?.();
  return timer;
}

/** Returns `value` plus or minus up to `part` of it (0.2: ±20 %), evenly spread, so that many clients do not act at the same moment. */
export function jitter(value: number, part: number): number {
  return value * (1 - part + 2 * part * Math.random());
}
