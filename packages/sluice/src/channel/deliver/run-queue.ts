import { outside } from "../../base/context/async-context.ts";
import { afterTurn } from "../../base/time/timers.ts";

/** Maximum number of callbacks in one event-loop turn. Other work gets its turn in between. */
const RUNS_PER_TURN = 32;

/** Runs callbacks in the order in which they were added, a few per event-loop turn. */
export class RunQueue {
  #waiting: (() => void)[] = [];
  #next = 0;

  add(run: () => void): void {
    this.#waiting.push(run);
    if (this.#waiting.length === 1) outside(() => afterTurn(this.#run));
  }

  readonly #run = (): void => {
    const end = Math.min(this.#next + RUNS_PER_TURN, this.#waiting.length);
    while (this.#next < end) (this.#waiting[this.#next++] as () => void)();
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
      return;
    }
    // Cut off the callbacks that have run once they are half of the list, so that the list stays bounded.
    if (this.#next * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    afterTurn(this.#run);
  };
}
