import type { Delivery } from "./delivery.ts";
import { type Gap, type GapReason, makeGap } from "./gap.ts";
import { formatPosition, MAX_EVENT_ID_LENGTH, NEVER_IN_AN_ID, parsePosition } from "./position.ts";

/** Where a subscriber begins that brings no last event ID: with what comes, with all that is kept, or after an event ID. */
export type From = "now" | "start" | (string & {});

/** Where a cursor begins: after this offset, and what there is to say about it first. */
export interface StartPoint {
  readonly after: number;
  readonly gap: Gap | undefined;
}

/** Finds the start point. Takes the position before anything else happens, so that nothing falls between it and what follows. */
export function findStartPoint(
  delivery: Delivery,
  lastEventId: string | undefined,
  from: From,
): StartPoint | Promise<StartPoint> {
  if (lastEventId === undefined && from === "now") return { after: delivery.window.last, gap: undefined };
  if (lastEventId === undefined && from === "start") return { after: delivery.log.first - 1, gap: undefined };
  const id = lastEventId ?? from;

  const position = parsePosition(id);
  if (position?.epoch === delivery.epoch) {
    const { offset } = position;
    if (offset > delivery.window.last) return afterGap(delivery, "future", id);
    if (offset < delivery.log.first - 1) return afterGap(delivery, "trimmed", id);
    return { after: offset, gap: undefined };
  }
  const malformed = id.startsWith(`${delivery.epoch}-`);
  if (malformed || id.length > MAX_EVENT_ID_LENGTH || NEVER_IN_AN_ID.test(id))
    return afterGap(delivery, "unparsable", id);
  return findOwnId(delivery, id, position === undefined ? "unknown" : "other-epoch");
}

async function findOwnId(delivery: Delivery, id: string, otherwise: GapReason): Promise<StartPoint> {
  const offset = await delivery.log.positionOf(id);
  return offset === undefined ? afterGap(delivery, otherwise, id) : { after: offset, gap: undefined };
}

/** After a gap the subscriber gets everything that is still there: no more can be done for it, and no less will do. */
export function afterGap(delivery: Delivery, reason: GapReason, lastEventId: string): StartPoint {
  const after = delivery.log.first - 1;
  return { after, gap: makeGap(reason, lastEventId, formatPosition(delivery.epoch, after)) };
}
