import { concatBytes } from "../../protocol/bytes.ts";
import { Piece } from "../../stream/body/piece.ts";
import type { KeptEvent } from "../event/kept-event.ts";

/** The remembered events that a snapshot reads. */
export interface LatestEvents {
  /** Changes with each event. */
  readonly revision: number;
  /** Returns the event in a slot, a key and audience; `undefined` if it was forgotten. */
  get(slot: string): KeptEvent | undefined;
}

/** A part of a snapshot as one piece. */
interface Part {
  readonly piece: Piece;
  /** Index of the slot at which the next part begins. */
  readonly next: number;
  readonly revision: number;
}

/** Maximum number of parts kept for other subscribers: 4 times half a high-water mark. */
const PARTS_HELD = 4;

/**
 * The newest event of each key up to an offset. Subscribers of one cohort that begin at the same position share it, and
 * its pieces. It holds no events: an event that a newer one has replaced is left out, since the newer one follows.
 */
export class LatestSnapshot {
  /** False if events that the subscriber may select were forgotten because of the limits. */
  readonly isComplete: boolean;
  readonly #events: LatestEvents;
  readonly #slots: readonly string[];
  readonly #through: number;
  readonly #parts = new Map<number, Part>();

  constructor(events: LatestEvents, slots: readonly string[], through: number, isComplete: boolean) {
    this.#events = events;
    this.#slots = slots;
    this.#through = through;
    this.isComplete = isComplete;
  }

  /**
   * Returns the part that begins at the slot `index`, with at most `limit` bytes or one event; `undefined` at the end.
   * `blockOf` is the same function of one cohort each time.
   */
  partFrom(index: number, limit: number, blockOf: (event: KeptEvent) => Uint8Array): Part | undefined {
    const { revision } = this.#events;
    const known = this.#parts.get(index);
    if (known?.revision === revision) return known;
    const blocks: Uint8Array[] = [];
    let bytes = 0;
    let next = index;
    for (; next < this.#slots.length && bytes < limit; next++) {
      const event = this.#eventIn(next);
      if (event === undefined) continue;
      const block = blockOf(event);
      blocks.push(block);
      bytes += block.length;
    }
    if (blocks.length === 0) return undefined;
    const piece = new Piece(blocks.length === 1 ? blocks[0]! : concatBytes(blocks), blocks.length);
    const part = { piece, next, revision };
    this.#parts.set(index, part);
    if (this.#parts.size > PARTS_HELD) this.#parts.delete(this.#parts.keys().next().value as number);
    return part;
  }

  /** Yields the events in the order of the log. */
  *events(): Generator<KeptEvent, void, undefined> {
    for (let index = 0; index < this.#slots.length; index++) {
      const event = this.#eventIn(index);
      if (event !== undefined) yield event;
    }
  }

  #eventIn(index: number): KeptEvent | undefined {
    const event = this.#events.get(this.#slots[index]!);
    return event !== undefined && event.entry.offset <= this.#through ? event : undefined;
  }
}
