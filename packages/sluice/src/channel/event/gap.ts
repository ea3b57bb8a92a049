import { encodeEvent } from "../../protocol/encode-event.ts";

/**
 * Why a subscriber cannot be given all that follows its last event ID.
 *
 * - `trimmed`: some of it was dropped by retention.
 * - `other-epoch`: the ID is from another life of the log.
 * - `unknown`: no kept event has this ID.
 * - `unparsable`: it cannot be an ID of this channel.
 * - `future`: it is ahead of the log.
 */
export type GapReason = "trimmed" | "other-epoch" | "unknown" | "unparsable" | "future";

/** What a gap event says. */
export interface Gap {
  readonly reason: GapReason;
  /** The position that the subscriber came with, cut at 128 characters. */
  readonly lastEventId: string;
  /** The position after which the stream goes on; what lay between is what the subscriber has missed. */
  readonly resumesAfter: string;
}

/** What the last event ID is while a snapshot replaces what was missed: it is not a position, so that a cut means a gap again. */
export const NO_POSITION = "gap";
const SHOWN_LENGTH = 128;
/** An ID that comes back as it went out: visible ASCII, since it makes its way through headers. */
const SAFE_ID = /^[\x21-\x7e]{1,128}$/;

/** Describes a gap; the ID is shown no longer than it needs to be recognised. */
export function makeGap(reason: GapReason, lastEventId: string, resumesAfter: string): Gap {
  return { reason, lastEventId: lastEventId.slice(0, SHOWN_LENGTH), resumesAfter };
}

/**
 * The gap event. Its `id` is one from which the next resume is sound: the position after which the stream goes on, or, when a
 * snapshot follows first, one that leads to the same gap again.
 */
export function gapText(gap: Gap, event: string, snapshotFollows: boolean): string {
  const stale = SAFE_ID.test(gap.lastEventId) ? gap.lastEventId : NO_POSITION;
  return encodeEvent({ event, id: snapshotFollows ? stale : gap.resumesAfter, data: JSON.stringify(gap) });
}
