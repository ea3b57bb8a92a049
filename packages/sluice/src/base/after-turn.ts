/**
 * Runs a function once the current event-loop turn has done its work: right after it where the runtime has
 * `setImmediate`, else as soon as a timer can.
 */
export const afterTurn: (callback: () => void) => void =
  typeof setImmediate === "function"
    ? (callback) => void setImmediate(callback)
    : (callback) => void setTimeout(callback, 0);
