import { formatPosition, type Position } from "../../base/position.ts";
import type { Gap } from "../event/gap.ts";
import type { SnapshotOffer } from "./snapshot.ts";
import type { StartPoint } from "./start-point.ts";

/** The beginning of a subscriber's stream, in this order: a gap, a snapshot, then every event after `position`. */
export interface Beginning {
  readonly gap: Gap | undefined;
  readonly snapshot: SnapshotOffer | undefined;
  readonly position: Position;
}

/**
 * Returns what a subscriber receives first. A snapshot replaces the replay after a gap, and for a subscriber without a
 * last event ID (`isFresh`).
 */
export function beginningOf(
  { position, gap }: StartPoint,
  isFresh: boolean,
  snapshot: SnapshotOffer | undefined,
): Beginning {
  if (snapshot === undefined || !(isFresh || gap !== undefined)) return { gap, snapshot: undefined, position };
  const resumesAfter = formatPosition(snapshot.position);
  return { gap: gap && { ...gap, resumesAfter }, snapshot, position: snapshot.position };
}
