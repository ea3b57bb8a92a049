import type { Position } from "../../../base/position.ts";
import { concatBytes } from "../../../protocol/bytes.ts";
import { Piece } from "../../../stream/body/piece.ts";
import type { KeptEvent } from "../../event/kept-event.ts";
import type { Selection } from "../../event/selection.ts";

/** The part of a cohort that decides its steps. */
export interface CohortKey {
  /** Unique among the cohorts of a channel. */
  readonly number: number;
  readonly selection: Selection;
  /** Bytes that the cohort adds to each event's own frame. */
  readonly overhead: number;
  /** Returns a stretch as a step of the cohort. */
  stepOf(stretch: Stretch): Step;
}

/** A run of the log, reduced to the events that one selection takes. */
export interface Stretch {
  readonly events: readonly KeptEvent[];
  /** Offset of the last event of the run, selected or not. */
  readonly through: number;
}

/** A stretch, ready for the many subscribers of one cohort. */
export interface Step {
  /** The events as one piece. `undefined` if none is selected, or if the bytes differ from subscriber to subscriber. */
  readonly piece: Piece | undefined;
  /** Position after the last selected event. */
  readonly lastSent: Position | undefined;
  /** Offset of the last event of the stretch, selected or not. */
  readonly through: number;
}

/** Returns a stretch as a step with one piece. */
export function stepOf({ events, through }: Stretch): Step {
  if (events.length === 0) return { piece: undefined, lastSent: undefined, through };
  return { piece: pieceOf(events), lastSent: events[events.length - 1]!.position, through };
}

/** Returns events as one piece. */
export function pieceOf(events: readonly KeptEvent[]): Piece {
  const bytes = events.length === 1 ? events[0]!.frame : concatBytes(events.map((event) => event.frame));
  return new Piece(bytes, events.length);
}
