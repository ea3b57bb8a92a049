import { outside } from "../../base/context/async-context.ts";
import {
  formatPosition,
  MAX_EVENT_ID_LENGTH,
  NEVER_IN_AN_ID,
  type Position,
  parsePosition,
} from "../../base/position.ts";
import { type Gap, type GapReason, makeGap } from "../event/gap.ts";
import { type Selection, selects } from "../event/selection.ts";
import { lastHeld, throwIfLifeLeft } from "./left-life.ts";
import { eventAt } from "./live/event-at.ts";
import type { LiveLog } from "./live/live-log.ts";

/** Start position of a subscriber without a last event ID: new events only, every kept event, or after an event ID. */
export type From = "now" | "start" | (string & {});

/** The position after which a subscriber starts, and the gap to report first, if there is one. */
export interface StartPoint {
  readonly position: Position;
  readonly gap: Gap | undefined;
}

/** The request of a subscriber for a start point. */
export interface StartRequest {
  readonly lastEventId: string | undefined;
  /** True if the last event ID is no ID of this channel. */
  readonly isForeign?: boolean | undefined;
  /** Start position without a last event ID. */
  readonly from: From;
  /** A publisher's own ID is found only if the selection takes its event. */
  readonly selection: Selection;
}

/**
 * Returns the start point of a subscriber. Takes the position before it does anything else, so that no event falls
 * between the position and the events that follow.
 */
export function findStartPoint(liveLog: LiveLog, request: StartRequest): StartPoint | Promise<StartPoint> {
  const { lastEventId, from, isForeign } = request;
  if (lastEventId === undefined && from === "now") return startAfter(liveLog, liveLog.window.last);
  if (lastEventId !== undefined && isForeign === true) return startAfterGap(liveLog, "unparsable", lastEventId);
  return outside(() => findInLog(liveLog, request));
}

function findInLog(liveLog: LiveLog, { lastEventId, from, selection }: StartRequest): StartPoint | Promise<StartPoint> {
  const { last } = liveLog.window;
  const id = lastEventId ?? from;
  const position = parsePosition(id);
  const find = () => {
    // Retention may trim entries meanwhile. Even so, nothing published after this call may be skipped silently.
    if (lastEventId === undefined && from === "start")
      return startAfter(liveLog, Math.min(liveLog.log.first - 1, last));
    return resumeAfter(liveLog, id, position) ?? findElsewhere(liveLog, id, position, selection);
  };
  if (position !== undefined && position.offset <= reachOf(liveLog, position.epoch)) return find();
  // Other processes append too: the position may come from a process that has received more than this one.
  const synced = liveLog.log.sync();
  const found = synced === undefined ? find() : synced.then(find);
  if (!(found instanceof Promise)) return found;
  return found.then((point) => {
    throwIfLifeLeft(liveLog);
    return point;
  });
}

/** Returns the start point after a gap: the oldest kept event follows, so that the subscriber gets all that is left. */
export function startAfterGap(liveLog: LiveLog, reason: GapReason, lastEventId: string): StartPoint {
  throwIfLifeLeft(liveLog);
  const position = liveLog.positionAt(liveLog.log.first - 1);
  return { position, gap: makeGap(reason, lastEventId, formatPosition(position)) };
}

function startAfter(liveLog: LiveLog, offset: number): StartPoint {
  return { position: liveLog.positionAt(offset), gap: undefined };
}

/** Returns the offset up to which this process knows the positions of an epoch. */
function reachOf({ epoch, window, log }: LiveLog, asked: string): number {
  // A life may begin beyond the newest entry that this process has received.
  return asked === epoch ? window.last : Math.min(lastHeld(log, asked), window.last);
}

/** Resumes after an ID that the log gave, or reports a gap. Returns `undefined` if the ID may be a publisher's own. */
function resumeAfter(liveLog: LiveLog, id: string, position: Position | undefined): StartPoint | undefined {
  if (position !== undefined) {
    const { epoch, offset } = position;
    if (offset <= reachOf(liveLog, epoch))
      return offset < liveLog.log.first - 1 ? startAfterGap(liveLog, "trimmed", id) : startAfter(liveLog, offset);
    if (epoch === liveLog.epoch) return startAfterGap(liveLog, "future", id);
    // A publisher's own ID can look like a position of another epoch, but not of an epoch that this log had.
    if (liveLog.log.holds(epoch) !== undefined) return startAfterGap(liveLog, "other-epoch", id);
  }
  const isMalformed = position === undefined && id.startsWith(`${liveLog.epoch}-`);
  if (isMalformed || id.length > MAX_EVENT_ID_LENGTH || NEVER_IN_AN_ID.test(id))
    return startAfterGap(liveLog, "unparsable", id);
  return undefined;
}

/** Looks an ID up in the log: a publisher's own ID, or a position of an unknown epoch. */
async function findElsewhere(
  liveLog: LiveLog,
  id: string,
  position: Position | undefined,
  selection: Selection,
): Promise<StartPoint> {
  const { epoch } = liveLog;
  const offset = await liveLog.log.positionOf(id);
  const event = offset === undefined ? undefined : await eventAt(liveLog, offset);
  // An event for other subscribers must look like no event: its ID may be guessed.
  if (offset === undefined || event === undefined || !selects(selection, event, liveLog.onFilterError)) {
    // The entry may have been trimmed just now. The gap must name the position at which the kept entries begin.
    await liveLog.log.sync();
    // A new life began during the lookup: it may hold the event all the same.
    if (epoch !== liveLog.epoch)
      return resumeAfter(liveLog, id, position) ?? findElsewhere(liveLog, id, position, selection);
    if (position === undefined) return startAfterGap(liveLog, "unknown", id);
    const wasDeleted = await liveLog.log.wasDeleted?.(position.epoch);
    return startAfterGap(liveLog, wasDeleted ? "deleted" : "other-epoch", id);
  }
  // Another process may have appended the entry, and this one not received it yet.
  if (offset > liveLog.window.last) await liveLog.log.sync();
  // A new life began during the lookup and may not have the entry.
  if (epoch !== liveLog.epoch) return findElsewhere(liveLog, id, position, selection);
  const point = startAfter(liveLog, Math.min(offset, liveLog.window.last));
  // An own ID names no epoch. Only its offset shows that the log may have lost events after it.
  if (offset > (liveLog.log.lostAfter ?? 0)) return point;
  return { ...point, gap: makeGap("other-epoch", id, formatPosition(point.position)) };
}
