import { afterTurn } from "../../base/timers.ts";

/** All channels together read this much in one turn of the event loop, then the other work of the process continues. */
const TURN_EVENTS = 512;
const TURN_BYTES = 1024 * 1024;

/** The most that a channel may read now. It may exceed the bytes by one event. */
export interface ReadLimit {
  readonly events: number;
  readonly bytes: number;
}

/** The result of one look at a channel. */
export interface Portion extends ReadLimit {
  /** True if the channel has nothing more to read. */
  readonly isLast: boolean;
}

interface Reading {
  readonly readPortion: (limit: ReadLimit) => Portion;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets the channels of a process read new entries in turns, so that their number does not multiply the memory that
 * reading takes.
 */
export class ReadTurns {
  readonly #waiting = new Set<Reading>();
  #isRunning = false;

  /** Calls `readPortion` until it returns the last portion. Rejects if it throws. */
  read(readPortion: (limit: ReadLimit) => Portion): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add({ readPortion, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (this.#runTurn(); this.#waiting.size > 0; this.#runTurn()) await new Promise<void>(afterTurn);
    this.#isRunning = false;
  }

  #runTurn(): void {
    let [events, bytes] = [TURN_EVENTS, TURN_BYTES];
    for (const reading of this.#waiting) {
      if (events <= 0 || bytes <= 0) return;
      this.#waiting.delete(reading);
      try {
        const portion = reading.readPortion({ events, bytes });
        // A look at a channel without new entries takes time, too.
        events -= Math.max(1, portion.events);
        bytes -= portion.bytes;
        if (portion.isLast) reading.resolve();
        else this.#waiting.add(reading);
      } catch (error) {
        reading.reject(error);
      }
    }
  }
}
