// @ts-check
import { isAcknowledged, isWanted } from "../history.mjs";
import { faultsOfDisconnects } from "./disconnects.mjs";
import { findDuplicates } from "./duplicates.mjs";
import { faultOf } from "./gaps.mjs";
import { faultsOfJob } from "./jobs.mjs";
import { findLost } from "./lost.mjs";
import { findBackwards, findDisagreement, findOvertaken } from "./order.mjs";
import { findPublishedTwice } from "./own-ids.mjs";
import { Places } from "./places.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").SubscriberHistory} SubscriberHistory */

/**
 * @typedef {"lost" | "duplicated" | "out of order" | "foreign" | "needless gap" | "ambiguous ID" | "unanswered" | "job" | "crash" | "presence" | "disconnect"} ViolationKind
 * @typedef {{ kind: ViolationKind, text: string, key?: number, subscriber?: string, tick?: number }} Violation
 *
 * @typedef {object} Verdict
 * @property {number} acknowledged events
 * @property {number} delivered events, each time they were
 * @property {number} gaps told
 * @property {number} again delivered once more after a gap that said so, or after the log had let go of the first
 * @property {number} forgotten never came, and lost by the store together with every process that knew of them: each time somebody lacks one
 * @property {number} jobs that all nodes were told of
 * @property {Violation[]} violations
 */

/**
 * Judges what was seen in a round.
 *
 * - Every acknowledged event reached every subscriber that wanted it and was there before, or a gap that covers it was told.
 * - No event came twice to a subscriber, unless it was told that its position was lost; nor is one twice in the log that was published again under an
 *   ID of its own, as long as that has the first.
 * - All agree on the order, which is that of the positions, and of the calls of each publisher.
 * - Nobody got an event for other topics, nor one that nobody published, nor one that changed on the way.
 * - An ID means one event, for everybody and always.
 * - No gap was told without cause.
 * - Every call of `publish` came to an end, unless its node did.
 * - No node ended by itself.
 * - Every job came to one end, the same for all who follow it, also when its node died; or, where the log had lost it, to an end.
 * - All nodes came to agree on who is connected, once nothing was broken.
 * - Whoever was disconnected on all nodes was, and nobody else.
 *
 * @param {History} history
 * @returns {Verdict}
 */
export function check(history) {
  const places = new Places(history);
  const isRenewed = (/** @type {number} */ key) => {
    const event = history.events[key];
    return event !== undefined && places.isRenewed(event);
  };
  /** @type {Violation[]} */
  const violations = [];
  let delivered = 0;
  let gaps = 0;
  let again = 0;
  let forgotten = 0;
  for (const subscriber of history.subscribers) {
    const { name, seen } = subscriber;
    const events = seen.filter((each) => each.kind === "event");
    delivered += events.length;
    const add = (/** @type {ViolationKind} */ kind, /** @type {number} */ key, /** @type {string} */ text) =>
      violations.push({ kind, text: `${name}: event ${key} ${text}`, key, subscriber: name });
    for (const event of findLost(history.events, subscriber, places)) {
      if (places.isForgotten(event)) forgotten++;
      else add("lost", event.key, "never came");
    }
    const found = findDuplicates(subscriber, isRenewed);
    again += found.again;
    for (const key of found.duplicates) add("duplicated", key, "came again");
    for (const key of findBackwards(subscriber, (id) => places.isTwofold(id)))
      add("out of order", key, "came after a later one");
    for (const { key, intact } of events) {
      const event = history.events[key];
      if (event === undefined || !intact) add("foreign", key, "was never published so");
      else if (!isWanted(event, subscriber.topics)) add("foreign", key, `is for ${event.topics}`);
    }
    for (const gap of seen) {
      if (gap.kind !== "gap") continue;
      gaps++;
      const fault = faultOf(history, gap, places);
      const { tick, reason, before, resumesAfter } = gap;
      if (fault === undefined) continue;
      const text = `${name}: ${fault} (${reason}, had ${before}, told ${gap.lastEventId}, goes on after ${resumesAfter})`;
      violations.push({ kind: "needless gap", text, subscriber: name, tick });
    }
  }
  for (const { key, ownId } of findPublishedTwice(history.events, places)) {
    violations.push({ kind: "duplicated", text: `event ${key} is in the log twice under its ID ${ownId}`, key });
  }
  for (const key of findOvertaken(history)) {
    violations.push({ kind: "out of order", text: `event ${key} overtook one of its publisher`, key });
  }
  for (const cycle of findDisagreement(history, isRenewed)) {
    const text = `subscribers do not agree on the order of ${cycle.slice(0, 10).join(", ")}`;
    violations.push({ kind: "out of order", text, key: /** @type {number} */ (cycle[0]) });
  }
  violations.push(...findAmbiguous(history));
  for (const text of history.crashes) violations.push({ kind: "crash", text });
  for (const job of history.jobs)
    for (const text of faultsOfJob(job, history)) violations.push({ kind: "job", text, tick: job.began });
  for (const text of history.disagreements) violations.push({ kind: "presence", text });
  for (const text of faultsOfDisconnects(history)) violations.push({ kind: "disconnect", text });
  for (const { node, began } of history.unanswered) {
    violations.push({ kind: "unanswered", text: `${node} never answered a publish`, tick: began });
  }
  const acknowledged = history.events.filter(isAcknowledged).length;
  const jobs = history.jobs.filter(({ followers }) => followers.length > 0).length;
  return { acknowledged, delivered, gaps, again, forgotten, jobs, violations };
}

/**
 * IDs that meant one event to one and another to somebody else.
 * @param {History} history
 * @returns {Violation[]}
 */
function findAmbiguous(history) {
  /** @type {Map<string, number>} */
  const meant = new Map();
  /** @type {Violation[]} */
  const violations = [];
  const hear = (/** @type {string} */ id, /** @type {number} */ key, /** @type {string} */ who) => {
    const before = meant.get(id);
    if (before === undefined) meant.set(id, key);
    else if (before !== key) {
      const text = `${id} is event ${before}, and event ${key} to ${who}`;
      violations.push({ kind: "ambiguous ID", text, key });
    }
  };
  for (const { key, publisher, attempts } of history.events) {
    for (const { id, position } of attempts) {
      if (id === undefined) continue;
      hear(id, key, `publisher ${publisher}`);
      if (position !== undefined) hear(`${position.epoch}-${position.offset}`, key, "the log");
    }
  }
  for (const { name, seen } of history.subscribers) {
    for (const each of seen) if (each.kind === "event") hear(each.id, each.key, name);
  }
  return violations;
}

/** Whether a subscriber has got the last event of all. @param {SubscriberHistory} subscriber @param {number} key */
export function hasReached(subscriber, key) {
  return subscriber.seen.some((seen) => seen.kind === "event" && seen.key === key);
}
