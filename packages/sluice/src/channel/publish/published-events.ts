import { formatPosition } from "../../base/position.ts";

/** The count of the events that this process published to a channel. */
export class PublishedEvents {
  count = 0;
  /** The counts of the Sluice. */
  readonly #total: { published: number };
  /** The highest offset of an event that this process published. */
  #newest = 0;
  /** The epoch of that offset. */
  #epoch = "";

  constructor(total: { published: number }) {
    this.#total = total;
  }

  /** Counts an event, unless the log already had it. Returns the log's ID for the event. */
  add(epoch: string, offset: number): string {
    if (epoch !== this.#epoch) this.#newest = 0;
    this.#epoch = epoch;
    // If the log already had an event with this own ID, its offset is not new.
    if (offset > this.#newest) {
      this.#newest = offset;
      this.count++;
      this.#total.published++;
    }
    return formatPosition({ epoch, offset });
  }
}
