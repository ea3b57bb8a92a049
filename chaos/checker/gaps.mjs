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
  // Nobody's position is ahead of a log that has lost nothing, and one that has is in another life.
  if (gap.reason === "future") return "no position is ahead of its life";
  const had = places.positionsOfId(gap.before);
  const stillThere = had.filter((position) => {
    const place = places.in(position, resumes.epoch);
    return typeof place === "number" && place >= resumes.offset;
  });
  return had.length > 0 && stillThere.length === had.length ? "all that follows its position was there" : undefined;
}
