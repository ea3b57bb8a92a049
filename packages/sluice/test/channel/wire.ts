/** Turns of the event loop that a message takes at most. */
const MAX_TURNS = 3;

/** A way to somewhere else and back: what goes over it takes some turns of the event loop, by lot, and what arrives in the same turn arrives together. */
export class Wire {
  #lot: number;
  #under: { turns: number; readonly arrive: () => void }[] = [];

  constructor(seed: number) {
    this.#lot = seed;
  }

  /** A number from 0 to below `count`, the same each time for the same seed. */
  draw(count: number): number {
    // [Numerical Recipes] a linear congruential generator; its upper bits are the random ones.
    this.#lot = (Math.imul(this.#lot, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#lot / 2 ** 32) * count);
  }

  pass(): Promise<void> {
    return new Promise((resolve) => {
      this.#under.push({ turns: 1 + this.draw(MAX_TURNS), arrive: resolve });
      if (this.#under.length === 1) setImmediate(this.#turn);
    });
  }

  readonly #turn = (): void => {
    for (const message of this.#under) message.turns--;
    const arrived = this.#under.filter(({ turns }) => turns === 0);
    this.#under = this.#under.filter(({ turns }) => turns > 0);
    if (this.#under.length > 0) setImmediate(this.#turn);
    for (const { arrive } of arrived) arrive();
  };
}
