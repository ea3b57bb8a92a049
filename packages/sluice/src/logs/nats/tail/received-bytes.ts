import { afterTurn } from "../../../base/time/timers.ts";

/** Counts the bytes that a process receives in one turn of the event loop, over all channels. */
export class ReceivedBytes {
  #bytes = 0;

  /** Counts `bytes`. Returns the sum of this turn. */
  add(bytes: number): number {
    if (this.#bytes === 0) {
      afterTurn(() => {
        this.#bytes = 0;
      });
    }
    this.#bytes += bytes;
    return this.#bytes;
  }
}
