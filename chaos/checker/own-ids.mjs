// @ts-check
import { deletionSpans } from "./deletions.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */
/** @typedef {import("./positions.mjs").Positions} Positions */

/**
 * Returns the events that the log may have twice under one ID of the publisher. They were published again, and the log
 * may have trimmed, lost or deleted the first entry before it appended the second. A subscriber that resumes from such
 * an ID continues after the later entry.
 * @param {History} history
 * @returns {Set<PublishedEvent>}
 */
export function findPossibleRepeats(history) {
  const { events, retained } = history;
  const losses = [...history.losses, ...deletionSpans(history)];
  const repeated = events.filter(({ ownId, attempts }) => ownId !== undefined && attempts.length > 1);
  const spans = events.map(spanOf);
  return new Set(
    repeated.filter((event) => {
      const { began, ended } = spanOf(event);
      const overlaps = (/** @type {{ began: number, ended: number }} */ other) =>
        other.began < ended && other.ended > began;
      return losses.some(overlaps) || (events.length > retained && spans.filter(overlaps).length > retained);
    }),
  );
}

/**
 * Returns the time in which an event may have been appended, in ticks. It has no end if an attempt was rejected or not
 * answered: the log may append the event at any later time.
 * @param {PublishedEvent} event
 */
function spanOf({ attempts }) {
  const ends = attempts.map(
    ({ answered, id }) => (id === undefined ? undefined : answered) ?? Number.POSITIVE_INFINITY,
  );
  return { began: attempts[0]?.began ?? Number.POSITIVE_INFINITY, ended: Math.max(...ends) };
}

/**
 * Returns the events that were acknowledged at two positions under one ID, although the log still had the first.
 * @param {readonly PublishedEvent[]} events
 * @param {Positions} positions
 */
export function findPublishedTwice(events, positions) {
  return events.filter((event) => {
    if (event.ownId === undefined || positions.mayBeRepeated(event)) return false;
    const [first, ...others] = positions.positionsOf(event);
    return others.some(({ epoch, offset }) => {
      const firstOffset = first && positions.offsetIn(first, epoch);
      return typeof firstOffset === "number" && firstOffset !== offset;
    });
  });
}
