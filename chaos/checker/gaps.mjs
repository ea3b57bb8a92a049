// @ts-check
import { parsePosition } from "./positions.mjs";

/** @typedef {import("../history.mjs").GapSeen} GapSeen */
/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").Position} Position */
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */
/** @typedef {import("./positions.mjs").Positions} Positions */

/** A gap event shows at most this many characters of the last event ID. */
const SHOWN_LENGTH = 128;
/** Digits at the end of an epoch that are its slot. */
const SLOT_DIGITS = 2;

/**
 * Returns the reason why a gap is wrong, or `undefined` if it is right.
 * @param {History} history
 * @param {GapSeen} gap
 * @param {Positions} positions
 * @returns {string | undefined}
 */
export function whyGapIsWrong(history, gap, positions) {
  const resumes = parsePosition(gap.resumesAfter);
  if (resumes === undefined) return "it has no position to resume from";
  if (gap.id !== gap.resumesAfter) return "its ID is not the position to resume from";
  if (gap.lastEventId !== gap.before.slice(0, SHOWN_LENGTH)) return "it names a position that the subscriber never had";
  const isTrimming = history.events.length > history.retained;
  const mayBeDeleted = history.deletions.some(({ began }) => began < gap.tick);
  if (!history.storeLostData && !isTrimming && !mayBeDeleted) return "no event was lost, trimmed or deleted";
  if (gap.reason === "deleted" && !mayBeDeleted) return "the channel was not deleted";
  if (gap.reason === "deleted" && !history.storeLostData && !isTrimming && resumes.offset > 0)
    return "it skips events that follow the deletion";
  if (lacksReason(history, gap, resumes)) return "it does not say that the channel was deleted";
  const event = positions.eventWithOwnId(gap.before);
  if (event !== undefined)
    return isNeedlessForOwnId(gap, { event, resumes }, positions)
      ? "the log had the event with this ID, and all events after it"
      : undefined;
  // No position is ahead of a log without a loss, and a loss begins another life.
  if (gap.reason === "future") return "no position is ahead of its life";
  const had = positions.positionsOfId(gap.before);
  const stillValid = had.filter((position) => {
    const offset = positions.offsetIn(position, resumes.epoch);
    return typeof offset === "number" && offset >= resumes.offset;
  });
  return had.length > 0 && stillValid.length === had.length ? "the log had all events after its position" : undefined;
}

/**
 * Returns true if only a deletion can have ended the life of the subscriber's position, and the gap does not say so. A
 * log remembers the epochs in which channels were deleted, in slots: the end of an epoch is its slot.
 * @param {History} history
 * @param {GapSeen} gap
 * @param {Position} resumes the position to resume from
 */
function lacksReason({ storeLostData, lives, channels, restarts }, { reason, before, tick }, resumes) {
  const position = parsePosition(before);
  if (storeLostData || reason === "deleted" || position === undefined) return false;
  const { epoch } = position;
  const now = lives.find((life) => life.epoch === resumes.epoch);
  if (now === undefined || (now.holds.get(epoch) ?? 0) >= 0) return false;
  // The store restarted meanwhile, and the channel was deleted in a later epoch. No process may have reported it.
  if (lives.some(({ holds }) => (holds.get(epoch) ?? -1) >= 0)) return false;
  const since = lives.find((life) => life.epoch === epoch)?.tick ?? 0;
  if (restarts.some(({ began, ended }) => ended > since && began < tick)) return false;
  const slot = (/** @type {string} */ each) => each.slice(-SLOT_DIGITS);
  const others = channels.flatMap((channel) => channel.lives).filter((life) => life.epoch !== epoch);
  return !others.some((life) => slot(life.epoch) === slot(epoch));
}

/**
 * Returns true if a gap is wrong for a subscriber that resumes from a publisher's own ID. Such an ID names no epoch: it
 * is valid while the log has its event. After a reported loss no position of an earlier life is valid.
 * @param {GapSeen} gap
 * @param {{ event: PublishedEvent, resumes: Position }} own the event with the ID, and the position to resume from
 * @param {Positions} positions
 */
function isNeedlessForOwnId({ reason }, { event, resumes }, positions) {
  const isKnown = event.attempts.every(({ position }) => position !== undefined);
  if (!isKnown || positions.mayBeRepeated(event)) return false;
  return positions.positionsOf(event).every((position) => {
    const offset = positions.offsetIn(position, resumes.epoch);
    if (typeof offset !== "number") return false;
    // An unknown ID may be that of the event that was trimmed last.
    return reason === "unknown" ? offset > resumes.offset : offset >= resumes.offset;
  });
}
