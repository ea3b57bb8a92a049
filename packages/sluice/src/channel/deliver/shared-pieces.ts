import type { Piece } from "../../stream/body/piece.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import { pieceOf } from "../read/lagging/step.ts";

/**
 * The pieces of one batch. Cohorts that select the same events share a piece, so that it is framed and compressed once.
 */
export class SharedPieces {
  #last: { readonly events: readonly KeptEvent[]; readonly piece: Piece } | undefined;
  /** By the offsets of the events and the key of their framing. Made for the second piece: most batches need one. */
  #byKey: Map<string, Piece> | undefined;

  /** Returns the events as one piece. */
  of(events: readonly KeptEvent[]): Piece {
    if (this.#last?.events === events) return this.#last.piece;
    if (this.#last !== undefined) return this.framed(events, "", () => pieceOf(events));
    const piece = pieceOf(events);
    this.#last = { events, piece };
    return piece;
  }

  /** Returns the piece that `make` makes of the events. Equal events with equal keys make equal pieces. */
  framed(events: readonly KeptEvent[], key: string, make: () => Piece): Piece {
    this.#byKey ??= new Map(this.#last && [[keyOf(this.#last.events, ""), this.#last.piece]]);
    const whole = keyOf(events, key);
    let piece = this.#byKey.get(whole);
    if (piece === undefined) this.#byKey.set(whole, (piece = make()));
    return piece;
  }
}

function keyOf(events: readonly KeptEvent[], key: string): string {
  return `${events.map(({ entry }) => entry.offset).join()}:${key}`;
}
