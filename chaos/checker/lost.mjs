// @ts-check
import { isAcknowledged, isWanted } from "../history.mjs";
import { parsePosition } from "./positions.mjs";

/** @typedef {import("../history.mjs").GapSeen} GapSeen */
/** @typedef {import("../history.mjs").Position} Position */
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */
/** @typedef {import("../history.mjs").SubscriberHistory} SubscriberHistory */
/** @typedef {import("./positions.mjs").Positions} Positions */

/**
 * Returns the acknowledged events that a subscriber wanted and did not receive, and that no gap covers. Events that
 * were published before the subscriber had its first position do not count.
 * @param {readonly PublishedEvent[]} events
 * @param {SubscriberHistory} subscriber
 * @param {Positions} positions
 * @returns {PublishedEvent[]}
 */
export function findLost(events, subscriber, positions) {
  const first = subscriber.seen.find(({ kind }) => kind === "position" || kind === "event" || kind === "gap");
  if (first === undefined) return [];
  const delivered = new Set();
  for (const seen of subscriber.seen) if (seen.kind === "event") delivered.add(seen.key);
  const gaps = subscriber.seen.filter((seen) => seen.kind === "gap");
  const leaps = leapsOf(subscriber, positions);
  return events.filter((event) => {
    const began = event.attempts[0]?.began ?? 0;
    if (began < first.tick || delivered.has(event.key)) return false;
    if (!isAcknowledged(event) || !isWanted(event, subscriber.topics)) return false;
    if (leaps.some(({ tick, onto }) => began < tick && mayBeBefore(event, onto, positions))) return false;
    const laterGaps = gaps.filter(({ tick }) => began < tick);
    // An event at two positions needs a gap for both.
    const isCovered = positions
      .positionsOf(event)
      .every((position) => laterGaps.some((gap) => covers(gap, { event, position }, positions)));
    return laterGaps.length === 0 || !isCovered;
  });
}

/**
 * Returns the moments at which a subscriber resumed from the ID of an event that the log may have twice. It continues
 * after the later entry, which the node finds only when the stream opens.
 * @param {SubscriberHistory} subscriber
 * @param {Positions} positions
 */
function leapsOf({ seen }, positions) {
  return seen.flatMap((each, i) => {
    if (each.kind !== "opened" || !positions.mayBeIdOfRepeated(each.lastEventId)) return [];
    const onto = /** @type {PublishedEvent} */ (positions.eventWithOwnId(each.lastEventId));
    return [{ tick: seen[i + 1]?.tick ?? each.tick, onto }];
  });
}

/**
 * Returns true if the event may lie before the later entry of `onto`. A subscriber that resumes from the ID of `onto`
 * then misses it.
 * @param {PublishedEvent} event
 * @param {PublishedEvent} onto
 * @param {Positions} positions
 */
function mayBeBefore(event, onto, positions) {
  const known = positions.positionsOf(onto);
  return (
    onto.attempts.some(({ position }) => position === undefined) ||
    known.some(({ epoch, offset }) =>
      positions.positionsOf(event).every((position) => {
        const own = positions.offsetIn(position, epoch);
        return typeof own !== "number" || own <= offset;
      }),
    )
  );
}

/**
 * Returns true if the gap covers the event at this position. A gap covers everything after the subscriber's position,
 * up to `resumesAfter`. In an earlier life of the log it covers all lost events, unless the subscriber had already
 * entered a later life together with a process that knew of the loss.
 * @param {GapSeen} gap
 * @param {{ event: PublishedEvent, position: Position }} missing
 * @param {Positions} positions
 */
function covers(gap, { event, position }, positions) {
  const resumes = parsePosition(gap.resumesAfter);
  if (resumes === undefined) return false;
  const wasBefore = positions.positionsOfId(gap.before).some(({ epoch, offset }) => {
    const own = positions.offsetIn(position, epoch);
    if (own === "lost") return !positions.isLossDetectedIn(event, epoch, resumes.epoch);
    return typeof own === "number" && own <= offset;
  });
  if (wasBefore) return false;
  const own = positions.offsetIn(position, resumes.epoch);
  return own === "lost" || own === undefined || (typeof own === "number" && own <= resumes.offset);
}
