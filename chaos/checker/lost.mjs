// @ts-check
import { isAcknowledged, isWanted } from "../history.mjs";
import { parsePosition } from "./places.mjs";

/** @typedef {import("../history.mjs").GapSeen} GapSeen */
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */
/** @typedef {import("../history.mjs").SubscriberHistory} SubscriberHistory */
/** @typedef {import("./places.mjs").Places} Places */

/**
 * The acknowledged events that a subscriber wanted, did not get, and was not told of by a gap. It wants those whose publishing began after
 * it had its first position.
 *
 * @param {readonly PublishedEvent[]} events
 * @param {SubscriberHistory} subscriber
 * @param {Places} places
 * @returns {PublishedEvent[]}
 */
export function findLost(events, subscriber, places) {
  const first = subscriber.seen.find(({ kind }) => kind === "position" || kind === "event" || kind === "gap");
  if (first === undefined) return [];
  const delivered = new Set();
  for (const seen of subscriber.seen) if (seen.kind === "event") delivered.add(seen.key);
  const gaps = subscriber.seen.filter((seen) => seen.kind === "gap");
  return events.filter((event) => {
    const began = event.attempts[0]?.began ?? 0;
    if (began < first.tick || delivered.has(event.key)) return false;
    if (!isAcknowledged(event) || !isWanted(event, subscriber.topics)) return false;
    return !gaps.some((gap) => began < gap.tick && excuses(gap, event, places));
  });
}

/**
 * A gap covers what lies after the position that the subscriber had, and up to where its stream goes on. Of an earlier life of the log that is
 * all that did not survive it, unless the subscriber had come to know of a later life before, and whoever knew of the loss too.
 *
 * @param {GapSeen} gap
 * @param {PublishedEvent} event
 * @param {Places} places
 */
function excuses(gap, event, places) {
  const resumes = parsePosition(gap.resumesAfter);
  if (resumes === undefined) return false;
  const had = places.positionsOfId(gap.before);
  return places.positionsOf(event).every((position) => {
    const wasBefore = had.some(({ epoch, offset }) => {
      const place = places.in(position, epoch);
      if (place === "lost") return !places.isFoundOutIn(event, epoch, resumes.epoch);
      return typeof place === "number" && place <= offset;
    });
    if (wasBefore) return false;
    const place = places.in(position, resumes.epoch);
    return place === "lost" || place === undefined || (typeof place === "number" && place <= resumes.offset);
  });
}
