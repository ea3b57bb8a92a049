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
