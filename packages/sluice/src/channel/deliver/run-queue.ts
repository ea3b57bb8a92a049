import { afterTurn } from "../../base/timers.ts";

/** Turns of this many keep the event loop free for others in between. */
const RUNS_PER_TURN = 32;

/** Lets many who have much to do take turns, in order of coming. */
export class RunQueue {
  #waiting: (() => void)[] = [];
  #next = 0;

  add(run: () => void): void {
    this.#waiting.push(run);
    if (this.#waiting.length === 1) afterTurn(this.#run);
  }

  readonly #run = (): void => {
    const end = Math.min(this.#next + RUNS_PER_TURN, this.#waiting.length);
    while (this.#next < end) (this.#waiting[this.#next++] as () => void)();
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
      return;
    }
    // What has run is let go of once it is half of the list, so that the list does not grow for ever.
    if (this.#next * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    afterTurn(this.#run);
  };
}
