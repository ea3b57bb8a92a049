import type { Channel } from "sluice";
import type { OrderNumberEvents } from "./order.ts";

/** Numbers that a process reserves at a time. */
const BLOCK_SIZE = 1_000;

/**
 * Assigns order numbers that are unique across all processes. Each process reserves a block of 1,000 numbers by
 * publishing an event; the event's offset in the channel is the number of the block. So most orders need no
 * coordination.
 */
export class OrderNumbers {
  readonly #channel: Channel<OrderNumberEvents>;
  #next = 0;
  #end = 0;
  #reserving: Promise<void> | undefined;

  constructor(channel: Channel<OrderNumberEvents>) {
    this.#channel = channel;
  }

  /** True if a number can be taken without reserving a block. */
  get isReady(): boolean {
    return this.#next < this.#end;
  }

  /** Reserves a new block if no number is left. Concurrent calls reserve one block together. */
  async refill(): Promise<void> {
    if (this.isReady) return;
    this.#reserving ??= this.#reserve().finally(() => {
      this.#reserving = undefined;
    });
    await this.#reserving;
  }

  /** Returns the next number. Synchronous, so that orders are published in the order of their numbers. */
  take(): number {
    return this.#next++;
  }

  /** Discards the rest of the block. Call it if a number may or may not be used: the block must not have a hole. */
  discardBlock(): void {
    this.#end = 0;
  }

  async #reserve(): Promise<void> {
    const eventId = await this.#channel.publish("taken", null);
    // An event ID is `<epoch>-<offset>`. Offsets start at 1.
    const block = Number(eventId.slice(eventId.lastIndexOf("-") + 1));
    this.#next = block * BLOCK_SIZE + 1;
    this.#end = this.#next + BLOCK_SIZE;
  }
}
