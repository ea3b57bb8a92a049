/**
 * A clock, in ms since 1970, that follows the wall clock but never runs slower than the monotonic clock. So an
 * expiry is never delayed if the wall clock is set back, or if the monotonic clock stands still.
 */
export class SteadyClock {
  #time = Date.now();
  /** The reading of the monotonic clock at `#time`. */
  #readAt = performance.now();

  now(): number {
    const readAt = performance.now();
    this.#time = Math.max(Date.now(), this.#time + readAt - this.#readAt);
    this.#readAt = readAt;
    return this.#time;
  }

  /** Returns the time at which the wall clock, as it is set now, will show what this clock shows at `time`. */
  toWallClock(time: number): number {
    return Math.floor(Date.now() + time - this.now());
  }
}
