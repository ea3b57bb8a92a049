// @ts-check
/** @typedef {import("../history.mjs").SubscriberHistory} SubscriberHistory */

/**
 * A gap for any other reason than trimming says that the position was worth nothing, and all that is left follows: what the subscriber
 * had seen of it comes once more, which it was told by `resumesAfter`. After a trim nothing comes that it had.
 */
const KEEPS_POSITION = "trimmed";

/**
 * The events that were delivered twice to a subscriber with nothing to excuse it, and how many came again after a gap.
 *
 * @param {SubscriberHistory} subscriber
 * @param {(key: number) => boolean} isRenewed whether the log may have an event twice
 */
export function findDuplicates(subscriber, isRenewed) {
  /** The number of gaps that had lost the position, when it came last. @type {Map<number, number>} */
  const seenAfter = new Map();
  /** @type {number[]} */
  const duplicates = [];
  let positionsLost = 0;
  let again = 0;
  for (const seen of subscriber.seen) {
    if (seen.kind === "gap" && seen.reason !== KEEPS_POSITION) positionsLost++;
    if (seen.kind !== "event") continue;
    const before = seenAfter.get(seen.key);
    seenAfter.set(seen.key, positionsLost);
    if (before === undefined) continue;
    if (before < positionsLost || isRenewed(seen.key)) again++;
    else duplicates.push(seen.key);
  }
  return { duplicates, again };
}
