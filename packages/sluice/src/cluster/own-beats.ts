/** Intervals of beats without an own beat after which everything that arrives may be late. */
const LATE = 1.5;

/** The beats of this node that came through the log. They show whether this node is behind the log. */
export class OwnBeats {
  readonly #interval: number;
  readonly #timeout: number;
  /** When an own beat last counted, on the clock of `performance.now()`. */
  #countedAt = Number.NEGATIVE_INFINITY;
  /** Since when own beats have come through in time, on the same clock. */
  #inTimeSince = Number.POSITIVE_INFINITY;

  /** `interval` is the time between two beats, `timeout` the time of this node without a beat, in ms. */
  constructor(interval: number, timeout: number) {
    this.#interval = interval;
    this.#timeout = timeout;
  }

  /**
   * Records that an own beat came through the log, and returns true if it counts. Own beats that arrive together, after
   * a delay, count as one: beats of other nodes may be delayed behind them.
   */
  record(now: number): boolean {
    if (now - this.#countedAt < this.#interval / 2) return false;
    if (!this.isInTime(now)) this.#inTimeSince = now;
    this.#countedAt = now;
    return true;
  }

  /** Returns true if the beats that arrive now are not late. */
  isInTime(now: number): boolean {
    return now - this.#countedAt < this.#interval * LATE;
  }

  /** Returns true if nothing that arrives now is late, on any channel: own beats have been in time for a timeout. */
  isSteady(now: number): boolean {
    return this.isInTime(now) && now - this.#inTimeSince > this.#timeout;
  }
}
