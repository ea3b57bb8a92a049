/**
 * An expiry time on both clocks. The first clock to reach it decides, because either may be late: a user may set the
 * wall clock back, and the monotonic clock may stand still while the machine sleeps.
 */
export interface Expiry {
  /** Time of the wall clock, in ms since 1970. */
  readonly wall: number;
  /** Time of the monotonic clock, in ms of `performance.now()`. */
  readonly monotonic: number;
}

/** Returns the expiry for a time of the wall clock, in ms since 1970. */
export function expiryAt(wall: number): Expiry {
  return { wall, monotonic: performance.now() + wall - Date.now() };
}

/** Returns the time until the expiry, in ms, by the clock that is closer to it. Zero or less: expired. */
export function timeLeft({ wall, monotonic }: Expiry): number {
  return Math.min(wall - Date.now(), monotonic - performance.now());
}
