import { isAtOrBefore } from "./event-id.ts";

/** Maximum number of event IDs that are kept until the position is known. */
const MAX_PENDING_IDS = 20_000;

/**
 * Counts the replayed events of a connection: those that were in the channel when the connection opened. Only the
 * server knows the channel's position at that moment, and the first events may arrive before it.
 */
export class ReplayCount {
  /** The channel's position when the connection opened. Null if there is no channel, undefined until it is known. */
  position: string | null | undefined;
  #count = 0;
  #pendingIds: string[] = [];

  /** Number of replayed events. Undefined until the position is known, and if there is no channel. */
  get count(): number | undefined {
    return typeof this.position === "string" ? this.#count : undefined;
  }

  /** Adds the ID of a received event. */
  add(id: string): void {
    if (this.position === undefined) {
      if (this.#pendingIds.length < MAX_PENDING_IDS) this.#pendingIds.push(id);
    } else if (this.includes(id)) {
      this.#count++;
    }
  }

  /** Sets the position and counts the events added before. */
  setPosition(position: string | null): void {
    this.position = position;
    for (const id of this.#pendingIds.splice(0)) if (this.includes(id)) this.#count++;
  }

  /** True if the event with this ID is known to be a replayed event. */
  includes(id: string): boolean {
    return typeof this.position === "string" && isAtOrBefore(id, this.position);
  }
}
