// @ts-check
import { isAcknowledged, isWanted } from "../history.mjs";
import { parsePosition } from "./places.mjs";

/** @typedef {import("../history.mjs").GapSeen} GapSeen */
/** @typedef {import("../history.mjs").Position} Position */
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
  const leaps = leapsOf(subscriber, places);
  return events.filter((event) => {
    const began = event.attempts[0]?.began ?? 0;
    if (began < first.tick || delivered.has(event.key)) return false;
    if (!isAcknowledged(event) || !isWanted(event, subscriber.topics)) return false;
    if (leaps.some(({ tick, onto }) => began < tick && mayBeBefore(event, onto, places))) return false;
    const since = gaps.filter(({ tick }) => began < tick);
    // One that is at two places needs to be told of at both.
    const positions = places.positionsOf(event);
    return since.length === 0 || !positions.every((each) => since.some((gap) => excuses(gap, event, each, places)));
  });
}

/**
 * When a subscriber came with the ID of an event that may be in the log twice: it goes on after the later one, which is found only then.
 * @param {SubscriberHistory} subscriber
 * @param {Places} places
 */
function leapsOf({ seen }, places) {
  return seen.flatMap((each, i) => {
    if (each.kind !== "opened" || !places.isTwofold(each.lastEventId)) return [];
    const onto = /** @type {PublishedEvent} */ (places.eventOfId(each.lastEventId));
    return [{ tick: seen[i + 1]?.tick ?? each.tick, onto }];
  });
}

/**
 * Whether an event may lie before one that is in the log twice: then those who come with its ID go on after the later one.
 * @param {PublishedEvent} event
 * @param {PublishedEvent} onto
 * @param {Places} places
 */
function mayBeBefore(event, onto, places) {
  const known = places.positionsOf(onto);
  return (
    onto.attempts.some(({ position }) => position === undefined) ||
    known.some(({ epoch, offset }) =>
      places.positionsOf(event).every((position) => {
        const place = places.in(position, epoch);
        return typeof place !== "number" || place <= offset;
      }),
    )
  );
}

/**
 * A gap covers what lies after the position that the subscriber had, and up to where its stream goes on. Of an earlier life of the log that is
 * all that did not survive it, unless the subscriber had come to know of a later life before, and whoever knew of the loss too.
 *
 * @param {GapSeen} gap
 * @param {PublishedEvent} event
 * @param {Position} position one that the event has
 * @param {Places} places
 */
function excuses(gap, event, position, places) {
  const resumes = parsePosition(gap.resumesAfter);
  if (resumes === undefined) return false;
  const wasBefore = places.positionsOfId(gap.before).some(({ epoch, offset }) => {
    const place = places.in(position, epoch);
    if (place === "lost") return !places.isFoundOutIn(event, epoch, resumes.epoch);
    return typeof place === "number" && place <= offset;
  });
  if (wasBefore) return false;
  const place = places.in(position, resumes.epoch);
  return place === "lost" || place === undefined || (typeof place === "number" && place <= resumes.offset);
}
