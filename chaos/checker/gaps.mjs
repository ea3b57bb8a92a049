// @ts-check
import { parsePosition } from "./positions.mjs";

/** @typedef {import("../history.mjs").GapSeen} GapSeen */
/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").Position} Position */
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */
/** @typedef {import("./positions.mjs").Positions} Positions */

/** A gap event shows at most this many characters of the last event ID. */
const SHOWN_LENGTH = 128;

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
  if (!history.storeLostData && history.events.length <= history.retained) {
    return "no event was lost or trimmed";
  }
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
