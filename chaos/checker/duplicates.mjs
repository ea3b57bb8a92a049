// @ts-check
/** @typedef {import("../history.mjs").SubscriberHistory} SubscriberHistory */

/**
 * The gap reason after which the subscriber's position is still valid, so that nothing comes again. With any other
 * reason the position is lost, and all remaining events follow, some of them for the second time.
 */
const REASON_THAT_KEEPS_POSITION = "trimmed";

/**
 * Returns the events that a subscriber received twice without a valid reason, and the number of events that it received
 * again after a gap.
 * @param {SubscriberHistory} subscriber
 * @param {(key: number) => boolean} mayBeRepeated returns true if the log may have the event twice
 */
export function findDuplicates(subscriber, mayBeRepeated) {
  /** The number of lost positions before the last delivery of each event. @type {Map<number, number>} */
  const lastDelivery = new Map();
  /** @type {number[]} */
  const duplicates = [];
  let positionsLost = 0;
  let again = 0;
  for (const seen of subscriber.seen) {
    if (seen.kind === "gap" && seen.reason !== REASON_THAT_KEEPS_POSITION) positionsLost++;
    if (seen.kind !== "event") continue;
    const before = lastDelivery.get(seen.key);
    lastDelivery.set(seen.key, positionsLost);
    if (before === undefined) continue;
    if (before < positionsLost || mayBeRepeated(seen.key)) again++;
    else duplicates.push(seen.key);
  }
  return { duplicates, again };
}
