import { isAtOrBefore } from "./event-id.ts";

/** How many event IDs are remembered until the server has told where the channel stood. */
const REMEMBERED_IDS = 20_000;

/**
 * Counts what a connection replayed: events that were already in the channel when it was opened. Where the channel stood then only
 * the server knows, and it may tell after the first events have come.
 */
export class ReplayCount {
  /** The position of the channel when the connection was opened; null: it has none; undefined: not told yet. */
  position: string | null | undefined;
  #count = 0;
  #waiting: string[] = [];

  /** Undefined while it is not known, and where nothing can be replayed. */
  get count(): number | undefined {
    return typeof this.position === "string" ? this.#count : undefined;
  }

  /** Takes in the ID of an event that came. */
  take(id: string): void {
    if (this.position === undefined) {
      if (this.#waiting.length < REMEMBERED_IDS) this.#waiting.push(id);
    } else if (this.includes(id)) {
      this.#count++;
    }
  }

  /** Takes in where the channel stood. */
  tell(position: string | null): void {
    this.position = position;
    for (const id of this.#waiting.splice(0)) if (this.includes(id)) this.#count++;
  }

  /** Whether the event with this ID is a replayed one, as far as is known. */
  includes(id: string): boolean {
    return typeof this.position === "string" && isAtOrBefore(id, this.position);
  }
}
