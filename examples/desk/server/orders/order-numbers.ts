import type { Channel } from "sluice";
import type { OrderNumberEvents } from "./order.ts";

/** Numbers that a process takes at a time. */
const BLOCK_SIZE = 1_000;

/**
 * Gives out order numbers that no other process gives out, without asking anybody for each: every process takes a thousand for
 * itself, and which, the log says. The offsets of a channel count the processes that came, whichever machine they are on.
 */
export class OrderNumbers {
  readonly #channel: Channel<OrderNumberEvents>;
  #next = 0;
  #end = 0;
  #taking: Promise<void> | undefined;

  constructor(channel: Channel<OrderNumberEvents>) {
    this.#channel = channel;
  }

  /** Whether there is a number to take. */
  get isReady(): boolean {
    return this.#next < this.#end;
  }

  /** Takes a new thousand where there is no number. */
  async refill(): Promise<void> {
    if (this.isReady) return;
    this.#taking ??= this.#refill().finally(() => {
      this.#taking = undefined;
    });
    await this.#taking;
  }

  /** The next number. At once, so that orders are published in the order of their numbers. */
  take(): number {
    return this.#next++;
  }

  /** To be called when it is not known whether a number was used: what comes next begins a new thousand, and leaves no hole in this one. */
  abandon(): void {
    this.#end = 0;
  }

  async #refill(): Promise<void> {
    const eventId = await this.#channel.publish("taken", null);
    // An event ID is `<epoch>-<offset>`, and offsets count from 1.
    const block = Number(eventId.slice(eventId.lastIndexOf("-") + 1));
    this.#next = block * BLOCK_SIZE + 1;
    this.#end = this.#next + BLOCK_SIZE;
  }
}
