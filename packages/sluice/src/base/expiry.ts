/**
 * A time at which something expires, on both clocks. The clock that reaches it first decides: the wall clock may be
 * set, and the monotonic clock may stand still while the machine sleeps.
 */
export interface Expiry {
  /** In ms since 1970. */
  readonly wall: number;
  /** In ms of `performance.now()`. */
  readonly monotonic: number;
}

/** Returns the expiry at a time of the wall clock, in ms since 1970, as the clocks stand now. */
export function expiryAt(wall: number): Expiry {
  return { wall, monotonic: performance.now() + wall - Date.now() };
}

/** Returns the ms until the expiry, by the clock that is closer to it. Zero or less: expired. */
export function timeLeft({ wall, monotonic }: Expiry): number {
  return Math.min(wall - Date.now(), monotonic - performance.now());
}
