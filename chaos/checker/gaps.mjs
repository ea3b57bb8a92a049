// @ts-check
import { parsePosition } from "./places.mjs";

/** @typedef {import("../history.mjs").GapSeen} GapSeen */
/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("./places.mjs").Places} Places */

/** IDs are shown in a gap no longer than this. */
const SHOWN_LENGTH = 128;

/**
 * Why a gap should not have been told; `undefined`, when it should.
 * @param {History} history
 * @param {GapSeen} gap
 * @param {Places} places
 * @returns {string | undefined}
 */
export function faultOf(history, gap, places) {
  const resumes = parsePosition(gap.resumesAfter);
  if (resumes === undefined) return "it does not say where the stream goes on";
  if (gap.id !== gap.resumesAfter) return "its ID is not where the stream goes on";
  if (gap.lastEventId !== gap.before.slice(0, SHOWN_LENGTH)) return "it names a position that the subscriber had not";
  if (!history.storeLostData && history.events.length <= history.retained) {
    return "nothing was lost, and nothing trimmed";
  }
  const own = places.eventOfId(gap.before);
  if (own !== undefined)
    return isNeedlessForOwnId(gap, own, resumes, places)
      ? "the event of its ID was there, and nothing lost after it"
      : undefined;
  // Nobody's position is ahead of a log that has lost nothing, and one that has is in another life.
  if (gap.reason === "future") return "no position is ahead of its life";
  const had = places.positionsOfId(gap.before);
  const stillThere = had.filter((position) => {
    const place = places.in(position, resumes.epoch);
    return typeof place === "number" && place >= resumes.offset;
  });
  return had.length > 0 && stillThere.length === had.length ? "all that follows its position was there" : undefined;
}

/**
 * An ID of a publisher's own tells no epoch. It is to be found for as long as the log has its event, and what followed it is lost where a loss was told
 * since: then no position holds of the lives before.
 * @param {GapSeen} gap
 * @param {import("../history.mjs").PublishedEvent} event
 * @param {import("../history.mjs").Position} resumes
 * @param {Places} places
 */
function isNeedlessForOwnId({ reason }, event, resumes, places) {
  const isKnown = event.attempts.every(({ position }) => position !== undefined);
  if (!isKnown || places.isRenewed(event)) return false;
  return places.positionsOf(event).every((position) => {
    const place = places.in(position, resumes.epoch);
    if (typeof place !== "number") return false;
    // What is unknown may have been the last that was trimmed.
    return reason === "unknown" ? place > resumes.offset : place >= resumes.offset;
  });
}
