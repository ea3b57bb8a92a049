// @ts-check
/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */
/** @typedef {import("./places.mjs").Places} Places */

/**
 * The events that may be in the log twice under one ID of their publisher's own: they were published again, and it may have let go of the first
 * before it had the last. Who comes back with such an ID goes on after the later one.
 * @param {History} history
 * @returns {Set<PublishedEvent>}
 */
export function findRenewed({ events, losses, retained }) {
  const repeated = events.filter(({ ownId, attempts }) => ownId !== undefined && attempts.length > 1);
  const spans = events.map(spanOf);
  return new Set(
    repeated.filter((event) => {
      const { began, ended } = spanOf(event);
      const meanwhile = (/** @type {{ began: number, ended: number }} */ other) =>
        other.began < ended && other.ended > began;
      return losses.some(meanwhile) || (events.length > retained && spans.filter(meanwhile).length > retained);
    }),
  );
}

/** When an event may have been appended. One that was rejected may be all the same, and later than it was. @param {PublishedEvent} event */
function spanOf({ attempts }) {
  const ends = attempts.map(
    ({ answered, id }) => (id === undefined ? undefined : answered) ?? Number.POSITIVE_INFINITY,
  );
  return { began: attempts[0]?.began ?? Number.POSITIVE_INFINITY, ended: Math.max(...ends) };
}

/**
 * Events that were acknowledged at two places of the log under one ID, though it still had the first.
 * @param {readonly PublishedEvent[]} events
 * @param {Places} places
 */
export function findPublishedTwice(events, places) {
  return events.filter((event) => {
    if (event.ownId === undefined || places.isRenewed(event)) return false;
    const [first, ...others] = places.positionsOf(event);
    return others.some(({ epoch, offset }) => {
      const place = first && places.in(first, epoch);
      return typeof place === "number" && place !== offset;
    });
  });
}
