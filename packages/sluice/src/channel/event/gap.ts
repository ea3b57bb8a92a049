import { encodeEvent } from "../../protocol/encode-event.ts";

/**
 * Why a subscriber cannot receive every event after its last event ID.
 *
 * - `trimmed`: retention dropped some of the events.
 * - `other-epoch`: the ID is from another life of the log.
 * - `deleted`: the channel was deleted since. Events that were published later follow.
 * - `unknown`: no kept event has this ID.
 * - `unparsable`: the ID cannot be one of this channel.
 * - `future`: the ID is ahead of the log.
 */
export type GapReason = "trimmed" | "other-epoch" | "deleted" | "unknown" | "unparsable" | "future";

/** Data of a gap event. */
export interface Gap {
  readonly reason: GapReason;
  /** The subscriber's last event ID, cut to 128 characters. */
  readonly lastEventId: string;
  /** Position after which the stream continues. The subscriber missed the events between `lastEventId` and this one. */
  readonly resumesAfter: string;
}

/**
 * Last event ID of a subscriber while a snapshot replaces missed events. It is no position, so a cut leads to a gap.
 */
export const NO_POSITION = "gap";
const SHOWN_LENGTH = 128;
/** An ID that every header carries unchanged: visible ASCII. */
const SAFE_ID = /^[\x21-\x7e]{1,128}$/;

/** Returns a gap. Cuts the last event ID to the length at which it is still recognisable. */
export function makeGap(reason: GapReason, lastEventId: string, resumesAfter: string): Gap {
  return { reason, lastEventId: lastEventId.slice(0, SHOWN_LENGTH), resumesAfter };
}

/**
 * Returns the gap event as text. A subscriber can resume from its `id`: the position after which the stream continues,
 * or, if a snapshot follows, an ID that leads to the same gap again.
 */
export function gapText(gap: Gap, event: string, snapshotFollows: boolean): string {
  const stale = SAFE_ID.test(gap.lastEventId) ? gap.lastEventId : NO_POSITION;
  return encodeEvent({ event, id: snapshotFollows ? stale : gap.resumesAfter, data: JSON.stringify(gap) });
}
