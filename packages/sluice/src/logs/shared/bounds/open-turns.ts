interface Waiting {
  /** On the clock of `performance.now()`. */
  readonly since: number;
  begin(): void;
  giveUp(): void;
}

/**
 * Opens channels some at a time. The timeout of each begins with its turn, so thousands of channels at once only take
 * longer. If the store opens none for a timeout, the channels that wait are rejected.
 */
export class OpenTurns {
  readonly #timeout: number;
  readonly #most: number;
  readonly #waiting = new Set<Waiting>();
  #opening = 0;
  #openedAt = 0;

  /** `timeout` is the time for one channel, in ms; `most` the number of channels that are opened at a time. */
  constructor(timeout: number, most: number) {
    this.#timeout = timeout;
    this.#most = most;
  }

  /**
   * Runs `open`, which must settle within the timeout, when it has its turn. Settles as `open` does, or rejects with
   * `late()` without a turn.
   */
  async run<T>(open: () => Promise<T>, late: () => Error): Promise<T> {
    await this.#turn(late);
    try {
      const opened = await open();
      this.#openedAt = performance.now();
      return opened;
    } finally {
      this.#end();
    }
  }

  async #turn(late: () => Error): Promise<void> {
    if (this.#opening < this.#most) {
      this.#opening++;
      return;
    }
    await new Promise<void>((begin, reject) => {
      this.#waiting.add({ since: performance.now(), begin, giveUp: () => reject(late()) });
    });
  }

  /** Passes the turn on. */
  #end(): void {
    const silentSince = performance.now() - this.#timeout;
    for (const waiting of this.#waiting) {
      if (Math.max(waiting.since, this.#openedAt) > silentSince) break;
      this.#waiting.delete(waiting);
      waiting.giveUp();
    }
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#opening--;
      return;
    }
    this.#waiting.delete(next);
    next.begin();
  }
}
