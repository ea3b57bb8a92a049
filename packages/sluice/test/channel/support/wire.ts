/** Longest way of a message, in event-loop turns. */
const MAX_TURNS = 3;

/**
 * A simulated network: a message takes a random number of event-loop turns. Messages that arrive in the same turn
 * arrive together.
 */
export class Wire {
  #state: number;
  #pending: { turns: number; readonly arrive: () => void }[] = [];

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Returns a number from 0 to below `count`. The same seed gives the same numbers. */
  draw(count: number): number {
    // [Numerical Recipes] A linear congruential generator. Only its upper bits are random enough.
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * count);
  }

  pass(): Promise<void> {
    return new Promise((resolve) => {
      this.#pending.push({ turns: 1 + this.draw(MAX_TURNS), arrive: resolve });
      if (this.#pending.length === 1) setImmediate(this.#turn);
    });
  }

  readonly #turn = (): void => {
    for (const message of this.#pending) message.turns--;
    const arrived = this.#pending.filter(({ turns }) => turns === 0);
    this.#pending = this.#pending.filter(({ turns }) => turns > 0);
    if (this.#pending.length > 0) setImmediate(this.#turn);
    for (const { arrive } of arrived) arrive();
  };
}
