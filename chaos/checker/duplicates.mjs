// @ts-check
/** @typedef {import("../history.mjs").SubscriberHistory} SubscriberHistory */

/**
 * The gap reason after which the subscriber's position is still valid, so that nothing comes again. With any other
 * reason the position is lost, and all remaining events follow, some of them for the second time. After a deletion none
 * remain, as a rule.
 */
const REASON_THAT_KEEPS_POSITION = "trimmed";
const REASON_THAT_LEAVES_NOTHING = "deleted";

/**
 * Returns the events that a subscriber received twice without a valid reason, and the number of events that it received
 * again after a gap.
 * @param {SubscriberHistory} subscriber
 * @param {{ mayBeRepeated: (key: number) => boolean, mayComeAgain: boolean }} options `mayBeRepeated` returns true if
 * the log may have the event twice; `mayComeAgain` is true if events may come again after a deletion
 */
export function findDuplicates(subscriber, { mayBeRepeated, mayComeAgain }) {
  /** The number of lost positions before the last delivery of each event. @type {Map<number, number>} */
  const lastDelivery = new Map();
  /** @type {number[]} */
  const duplicates = [];
  let positionsLost = 0;
  let again = 0;
  for (const seen of subscriber.seen) {
    if (seen.kind === "gap" && seen.reason !== REASON_THAT_KEEPS_POSITION)
      if (mayComeAgain || seen.reason !== REASON_THAT_LEAVES_NOTHING) positionsLost++;
    if (seen.kind !== "event") continue;
    const before = lastDelivery.get(seen.key);
    lastDelivery.set(seen.key, positionsLost);
    if (before === undefined) continue;
    if (before < positionsLost || mayBeRepeated(seen.key)) again++;
    else duplicates.push(seen.key);
  }
  return { duplicates, again };
}
