// @ts-check
import { parsePosition } from "./positions.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").SubscriberHistory} SubscriberHistory */
/** @typedef {import("./positions.mjs").Positions} Positions */

/**
 * Describes the moments at which a subscriber came to another life of the log that does not hold its position, without
 * a gap; and those at which it received something of a life that a gap had ended. If the store loses data, an earlier
 * copy may bring back what a gap has ended.
 * @param {History} history
 * @param {SubscriberHistory} subscriber
 * @param {Positions} positions
 * @returns {{ tick: number, text: string, key: number | undefined }[]}
 */
export function findWrongMoves({ storeLostData }, { seen }, positions) {
  const wrong = [];
  /** @type {import("../history.mjs").Position | undefined} */
  let at;
  /** The position after which the last gap continued. @type {import("../history.mjs").Position | undefined} */
  let floor;
  for (const each of seen) {
    if (each.kind === "opened" && positions.mayBeIdOfRepeated(each.lastEventId)) at = undefined;
    if (each.kind === "gap") at = floor = parsePosition(each.resumesAfter);
    if (each.kind !== "event" && each.kind !== "position") continue;
    // After a loss, an event with an own ID may be at the same place in another life.
    const position = storeLostData ? parsePosition(each.id) : positions.onlyPositionOf(each.id);
    if (position === undefined) continue;
    const { tick } = each;
    const key = each.kind === "event" ? each.key : undefined;
    if (at !== undefined && positions.isEndedIn(at, position.epoch))
      wrong.push({ tick, key, text: `came from ${at.epoch}-${at.offset} to ${each.id} without a gap` });
    if (!storeLostData && floor !== undefined && positions.isEndedIn(position, floor.epoch))
      wrong.push({ tick, key, text: `received ${each.id} after the gap that ended its life` });
    at = position;
  }
  return wrong;
}
