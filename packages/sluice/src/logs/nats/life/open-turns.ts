/**
 * Channels that are opened at a time. A server creates one stream after another, and is quickest if it always has the
 * next request.
 */
const MAX_OPENING = 32;

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
  readonly #waiting = new Set<Waiting>();
  #opening = 0;
  #openedAt = 0;

  /** `timeout` is the time for one channel, in ms. */
  constructor(timeout: number) {
    this.#timeout = timeout;
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
    if (this.#opening < MAX_OPENING) {
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
