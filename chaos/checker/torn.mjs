// @ts-check
import { parsePosition } from "./positions.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").SubscriberHistory} SubscriberHistory */

/**
 * Returns the keys of events at which a subscriber received a call of `publishAll` only in part, or with other events
 * in between. All events of a call have the same topics. A gap may hide the first or the last of them.
 * @param {History} history
 * @param {SubscriberHistory} subscriber
 */
export function findTorn({ events }, { seen }) {
  const torn = [];
  /**
   * The batch of the event before, unless it was the last of its batch.
   * @type {{ number: number, index: number } | undefined}
   */
  let open;
  let followsGap = false;
  for (const each of seen) {
    if (each.kind === "gap") {
      open = undefined;
      // Before the first event of a life there is nothing to hide.
      followsGap = parsePosition(each.resumesAfter)?.offset !== 0;
    }
    if (each.kind !== "event") continue;
    const batch = events[each.key]?.batch;
    const isNext = open !== undefined && batch?.number === open.number && batch.index === open.index + 1;
    const isFirst = open === undefined && (batch === undefined || batch.index === 0 || followsGap);
    if (!isNext && !isFirst) torn.push(each.key);
    open = batch !== undefined && batch.index < batch.size - 1 ? batch : undefined;
    followsGap = false;
  }
  return torn;
}
