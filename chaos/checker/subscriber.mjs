// @ts-check
import { isWanted } from "../history.mjs";
import { findDuplicates } from "./duplicates.mjs";
import { whyGapIsWrong } from "./gaps.mjs";
import { findLost } from "./lost.mjs";
import { findWrongMoves } from "./moves.mjs";
import { findBackwards } from "./order.mjs";
import { findTorn } from "./torn.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").SubscriberHistory} SubscriberHistory */
/** @typedef {import("./check.mjs").Violation} Violation */
/** @typedef {import("./check.mjs").ViolationKind} ViolationKind */
/** @typedef {import("./positions.mjs").Positions} Positions */

/**
 * Judges what one subscriber saw.
 * @param {History} history
 * @param {SubscriberHistory} subscriber
 * @param {Positions} positions
 */
export function checkSubscriber(history, subscriber, positions) {
  const { name, seen } = subscriber;
  /** @type {Violation[]} */
  const violations = [];
  const add = (/** @type {ViolationKind} */ kind, /** @type {number} */ key, /** @type {string} */ text) =>
    violations.push({ kind, text: `${name}: event ${key} ${text}`, key, subscriber: name });
  const lost = findLost(history.events, subscriber, positions);
  const forgotten = lost.filter((event) => positions.isForgotten(event));
  for (const event of lost) if (!forgotten.includes(event)) add("lost", event.key, "never came");
  const mayComeAgain = history.storeLostData;
  const mayBeRepeated = (/** @type {number} */ key) => positions.mayBeRepeated(history.events[key]);
  const { duplicates, again } = findDuplicates(subscriber, { mayBeRepeated, mayComeAgain });
  for (const key of duplicates) add("duplicated", key, "came again");
  for (const key of findBackwards(subscriber, (id) => positions.mayBeIdOfRepeated(id)))
    add("out of order", key, "came after a later event");
  for (const key of findTorn(history, subscriber)) add("torn", key, "came without the rest of its batch");
  for (const { tick, key, text } of findWrongMoves(history, subscriber, positions))
    violations.push({ kind: "deletion", text: `${name} ${text}`, subscriber: name, tick, key });
  const events = seen.filter((each) => each.kind === "event");
  for (const { key, intact } of events) {
    const event = history.events[key];
    if (event === undefined || !intact) add("foreign", key, "was never published with this data");
    else if (!isWanted(event, subscriber.topics)) add("foreign", key, `is for ${event.topics}`);
  }
  const gaps = seen.filter((each) => each.kind === "gap");
  for (const gap of gaps) {
    const fault = whyGapIsWrong(history, gap, positions);
    if (fault === undefined) continue;
    const { tick, reason, before, lastEventId, resumesAfter } = gap;
    const details = `${reason}, last event ID ${before}, reported as ${lastEventId}, resumes after ${resumesAfter}`;
    violations.push({ kind: "needless gap", text: `${name}: ${fault} (${details})`, subscriber: name, tick });
  }
  return { delivered: events.length, gaps: gaps.length, again, forgotten: forgotten.length, violations };
}

/** Returns true if a subscriber has received an event. @param {SubscriberHistory} subscriber @param {number} key */
export function hasReceived(subscriber, key) {
  return subscriber.seen.some((seen) => seen.kind === "event" && seen.key === key);
}
