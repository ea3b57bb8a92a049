import { outside } from "../context/async-context.ts";
import { afterTurn } from "./timers.ts";

/** A queue that gives each caller an event-loop turn of its own, in the order of the calls. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves in the next turn that no earlier caller has taken. */
  next(): Promise<void> {
    this.#last = outside(() => this.#last.then(() => new Promise(afterTurn)));
    return this.#last;
  }
}
