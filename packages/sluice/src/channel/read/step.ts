import type { Position } from "../../base/position.ts";
import { concatBytes } from "../../protocol/bytes.ts";
import { Piece } from "../../stream/body/piece.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import type { Selection } from "../event/selection.ts";

/** The part of a cohort that decides its steps. */
export interface CohortKey {
  /** Unique among the cohorts of a channel. */
  readonly number: number;
  readonly selection: Selection;
}

/** A run of the log, reduced to the events that one selection takes. */
export interface Stretch {
  readonly events: readonly KeptEvent[];
  /** Offset of the last event of the run, selected or not. */
  readonly through: number;
}

/** A stretch as one piece, ready for many sockets. */
export interface Step {
  /** `undefined` if no event of the stretch is selected. */
  readonly piece: Piece | undefined;
  /** Position after the last event in the piece. */
  readonly lastSent: Position | undefined;
  /** Offset of the last event of the stretch, selected or not. */
  readonly through: number;
}

/** Returns a stretch as a step. */
export function stepOf({ events, through }: Stretch): Step {
  if (events.length === 0) return { piece: undefined, lastSent: undefined, through };
  return { piece: pieceOf(events), lastSent: events[events.length - 1]!.position, through };
}

/** Returns events as one piece. */
export function pieceOf(events: readonly KeptEvent[]): Piece {
  const bytes = events.length === 1 ? events[0]!.frame : concatBytes(events.map((event) => event.frame));
  return new Piece(bytes, events.length);
}
