const NANOS_PER_MS = 1_000_000;

/** Converts milliseconds to nanoseconds, the unit of times in NATS's API. */
export function nanos(ms: number): number {
  return ms * NANOS_PER_MS;
}

/** Converts nanoseconds to milliseconds. */
export function millis(ns: number): number {
  return ns / NANOS_PER_MS;
}
