import { afterTurn } from "../../base/time/timers.ts";

/**
 * The most that a channel may read now. It may exceed this by one event, and by the rest of an append: see
 * {@link MAX_WAITING_BYTES}.
 */
export interface ReadLimit {
  readonly events: number;
  readonly bytes: number;
}

/** All channels together read this much in one turn of the event loop, then the other work of the process continues. */
const WHOLE_TURN: ReadLimit = { events: 512, bytes: 128 * 1024 };

/** All channels together read this much before subscribers have taken it. */
const MAX_UNTAKEN_BYTES = 512 * 1024;

/** The result of one look at a channel. */
export interface Portion extends ReadLimit {
  /** True if the channel has nothing more to read. */
  readonly isLast: boolean;
  /** See {@link TailListener.taken}. */
  readonly taken?: Promise<void> | undefined;
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
  /** The most that all channels together may still read in this turn of the event loop. */
  #left: ReadLimit = WHOLE_TURN;
  /** Bytes that were read and that subscribers have not taken. */
  #untakenBytes = 0;
  #isReading = false;
  /** True if the next turn is scheduled. */
  #hasTurn = false;

  /** Calls `readPortion` until it returns the last portion, at first in this call if possible. Rejects if it throws. */
  read(readPortion: (limit: ReadLimit) => Portion): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add({ readPortion, resolve, reject });
      // If a portion of another channel is being read, the loop there continues with this one.
      if (!this.#isReading) this.#readSome();
    });
  }

  #readSome(): void {
    this.#isReading = true;
    for (const reading of this.#waiting) {
      if (this.#left.events <= 0 || this.#left.bytes <= 0) break;
      this.#waiting.delete(reading);
      this.#readPortion(reading);
    }
    this.#isReading = false;
  }

  #readPortion(reading: Reading): void {
    const { events, bytes } = this.#left;
    if (!this.#hasTurn) {
      this.#hasTurn = true;
      afterTurn(this.#beginTurn);
    }
    try {
      const portion = reading.readPortion({ events, bytes });
      // A look at a channel without new entries takes time, too.
      this.#left = { events: events - Math.max(1, portion.events), bytes: bytes - portion.bytes };
      if (portion.isLast) reading.resolve();
      else if (portion.taken === undefined) this.#waiting.add(reading);
      else void this.#continueOnce(portion.taken, portion.bytes, reading);
    } catch (error) {
      this.#left = { events: events - 1, bytes };
      reading.reject(error);
    }
  }

  async #continueOnce(taken: Promise<void>, bytes: number, reading: Reading): Promise<void> {
    this.#untakenBytes += bytes;
    await taken;
    this.#untakenBytes -= bytes;
    this.#waiting.add(reading);
    if (!this.#hasTurn) this.#beginTurn();
  }

  readonly #beginTurn = (): void => {
    this.#hasTurn = false;
    const { events, bytes } = WHOLE_TURN;
    this.#left = { events, bytes: Math.min(bytes, MAX_UNTAKEN_BYTES - this.#untakenBytes) };
    this.#readSome();
  };
}
