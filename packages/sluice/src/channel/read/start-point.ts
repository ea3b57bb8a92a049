import { formatPosition, MAX_EVENT_ID_LENGTH, NEVER_IN_AN_ID, parsePosition } from "../../base/position.ts";
import type { Delivery } from "../deliver/delivery.ts";
import { type Gap, type GapReason, makeGap } from "../event/gap.ts";

/** Where a subscriber begins that brings no last event ID: with what comes, with all that is kept, or after an event ID. */
export type From = "now" | "start" | (string & {});

/** Where a cursor begins: after this offset of this life of the log, and what there is to say about it first. */
export interface StartPoint {
  readonly epoch: string;
  readonly after: number;
  readonly gap: Gap | undefined;
}

/** Finds the start point. Takes the position before anything else happens, so that nothing falls between it and what follows. */
export function findStartPoint(
  delivery: Delivery,
  lastEventId: string | undefined,
  from: From,
): StartPoint | Promise<StartPoint> {
  if (lastEventId === undefined && from === "now") return startingAfter(delivery, delivery.window.last);
  const id = lastEventId ?? from;
  const isStart = lastEventId === undefined && from === "start";
  const { last } = delivery.window;
  const find = () =>
    isStart
      ? // Whatever is trimmed meanwhile: what comes after this moment is not to be left out without a word.
        startingAfter(delivery, Math.min(delivery.log.first - 1, last))
      : (startAfter(delivery, id) ?? findElsewhere(delivery, id));

  if (isWithinReach(delivery, id)) return find();
  // Other processes append too: the position may come from one that knows more than this one does.
  const synced = delivery.log.sync();
  return synced === undefined ? find() : synced.then(find);
}

/** Whether what is known here is enough to say where a position is. */
function isWithinReach(delivery: Delivery, id: string): boolean {
  const position = parsePosition(id);
  return position !== undefined && position.offset <= reachOf(delivery, position.epoch);
}

/** The offset up to which positions of an epoch are known here. */
function reachOf({ epoch, window, log }: Delivery, asked: string): number {
  // A life may begin further on than what this process has been told of yet.
  return asked === epoch ? window.last : Math.min(log.holds(asked) ?? -1, window.last);
}

/** Where a position of the log's own is, or what is wrong with it; `undefined` for what may be anything. */
function startAfter(delivery: Delivery, id: string): StartPoint | undefined {
  const position = parsePosition(id);
  if (position !== undefined) {
    const { epoch, offset } = position;
    if (offset <= reachOf(delivery, epoch))
      return offset < delivery.log.first - 1 ? afterGap(delivery, "trimmed", id) : startingAfter(delivery, offset);
    if (epoch === delivery.epoch) return afterGap(delivery, "future", id);
    // An own ID can look like one of another epoch, but not like one of a life that the log had.
    if (delivery.log.holds(epoch) !== undefined) return afterGap(delivery, "other-epoch", id);
  }
  const malformed = position === undefined && id.startsWith(`${delivery.epoch}-`);
  if (malformed || id.length > MAX_EVENT_ID_LENGTH || NEVER_IN_AN_ID.test(id))
    return afterGap(delivery, "unparsable", id);
  return undefined;
}

/** An own ID of a publisher, or a position of which nothing is known. */
async function findElsewhere(delivery: Delivery, id: string): Promise<StartPoint> {
  const { epoch } = delivery;
  const offset = await delivery.log.positionOf(id);
  if (offset === undefined) {
    // It may have been trimmed just now: what the gap says is left must be so.
    await delivery.log.sync();
    return afterGap(delivery, parsePosition(id) === undefined ? "unknown" : "other-epoch", id);
  }
  // What was appended elsewhere since is known there before it is here.
  if (offset > delivery.window.last) await delivery.log.sync();
  // What was found in one life need not be there in the next.
  if (epoch !== delivery.epoch) return findElsewhere(delivery, id);
  const point = startingAfter(delivery, Math.min(offset, delivery.window.last));
  // An own ID is the same before and after a loss: only the place tells that something may have been missed that came after it.
  if (offset > (delivery.log.lostAfter ?? 0)) return point;
  return { ...point, gap: makeGap("other-epoch", id, formatPosition({ epoch: delivery.epoch, offset: point.after })) };
}

function startingAfter({ epoch }: Delivery, after: number): StartPoint {
  return { epoch, after, gap: undefined };
}

/** After a gap the subscriber gets everything that is still there: no more can be done for it, and no less will do. */
export function afterGap(delivery: Delivery, reason: GapReason, lastEventId: string): StartPoint {
  const { epoch } = delivery;
  const after = delivery.log.first - 1;
  return { epoch, after, gap: makeGap(reason, lastEventId, formatPosition({ epoch, offset: after })) };
}
