// @ts-check
import { setTimeout as wait } from "node:timers/promises";

const STAYS_MS = { least: 300, most: 2_000 };
const AWAY_MS = { least: 300, most: 3_000 };

/** Makes a subscriber come and go, so that nodes often have no use for its channel. */
export class Visitor {
  #subscriber;
  #random;
  #isStopped = false;

  /**
   * @param {import("./subscriber.mjs").Subscriber} subscriber
   * @param {import("../random.mjs").Random} random
   */
  constructor(subscriber, random) {
    this.#subscriber = subscriber;
    this.#random = random;
  }

  async start() {
    while (!this.#isStopped) {
      this.#subscriber.connect();
      await wait(this.#random.whole(STAYS_MS.least, STAYS_MS.most), undefined, { ref: false });
      if (this.#isStopped) return;
      this.#subscriber.stop();
      await wait(this.#random.whole(AWAY_MS.least, AWAY_MS.most), undefined, { ref: false });
    }
  }

  /** Lets the subscriber stay. */
  stop() {
    this.#isStopped = true;
    this.#subscriber.connect();
  }
}
