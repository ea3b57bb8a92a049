// @ts-check
import { isAcknowledged } from "../history.mjs";
import { findAmbiguousIds } from "./ambiguous-ids.mjs";
import { findWrongDeletions, isDone } from "./deletions.mjs";
import { wrongDisconnects } from "./disconnects.mjs";
import { wrongEndsOfJob } from "./jobs.mjs";
import { findDisagreement, findOvertaken } from "./order.mjs";
import { findPublishedTwice } from "./own-ids.mjs";
import { Positions } from "./positions.mjs";
import { checkSubscriber } from "./subscriber.mjs";

/** @typedef {import("../history.mjs").History} History */

/**
 * @typedef {"lost" | "duplicated" | "out of order" | "torn" | "foreign" | "needless gap" | "ambiguous ID"
 * | "unanswered" | "job" | "crash" | "presence" | "disconnect" | "combined" | "deletion"} ViolationKind
 * @typedef {{ kind: ViolationKind, text: string, channel?: string, key?: number | undefined, subscriber?: string,
 *   tick?: number }} Violation
 *
 * @typedef {object} Verdict
 * @property {number} acknowledged events
 * @property {number} delivered deliveries, over all subscribers
 * @property {number} gaps
 * @property {number} again repeated deliveries after a gap that reported a lost position, or of a repeated own ID
 * @property {number} forgotten missing deliveries of events that the store lost together with every process that knew
 * them
 * @property {number} jobs that all nodes knew
 * @property {number} deleted calls of `delete` that resolved
 * @property {Violation[]} violations
 */

/**
 * Judges the histories of a round's channels.
 * @param {readonly History[]} histories
 * @returns {Verdict}
 */
export function checkAll(histories) {
  const verdicts = histories.map(check);
  const [first, ...others] = verdicts;
  const sum = /** @type {Verdict} */ ({ ...first });
  for (const verdict of others) for (const name of COUNTS) sum[name] += verdict[name];
  const channelOf = (/** @type {number} */ i) => histories[i]?.channel ?? "";
  sum.violations = verdicts.flatMap(({ violations }, i) =>
    violations.map((violation) => ({ ...violation, channel: channelOf(i) })),
  );
  return sum;
}

const COUNTS = /** @type {const} */ (["acknowledged", "delivered", "gaps", "again", "forgotten", "jobs", "deleted"]);

/**
 * Judges the history of a channel.
 *
 * - Every acknowledged event reached every subscriber that wanted it and was there before, or a gap covers it.
 * - No subscriber received an event twice, unless a gap reported that its position was lost.
 * - The log has no event with a publisher's own ID twice, unless it had lost or trimmed the first.
 * - All subscribers agree on the order. It is the order of the positions, and of each publisher's calls.
 * - All events of a call of `publishAll` came one after another, or none of them, unless a gap hides some.
 * - No subscriber received an event for other topics, an event that was never published, or a changed event.
 * - An ID means the same event to all, at all times.
 * - Every gap had a cause, and says that the channel was deleted if it was.
 * - No subscriber came from one life of the log to another that does not hold its position, without a gap. None
 *   received an event of a life that a gap had ended.
 * - A deletion that resolved deleted what was there before, and nothing that was published later.
 * - Every call was answered, unless its node ended.
 * - No node ended unexpectedly.
 * - Every job ended once and in the same way for all followers, also if its node died. If the log lost the job, the
 *   followers at least received an end.
 * - While no fault was active, all nodes agreed on presence.
 * - The second channel of combined streams came in order and once, and its gaps had a cause.
 * - A disconnect on all nodes ended the streams of its user, and no others.
 *
 * @param {History} history
 * @returns {Verdict}
 */
export function check(history) {
  const positions = new Positions(history);
  const counts = { delivered: 0, gaps: 0, again: 0, forgotten: 0 };
  /** @type {Violation[]} */
  const violations = [];
  for (const subscriber of history.subscribers) {
    const found = checkSubscriber(history, subscriber, positions);
    for (const name of /** @type {const} */ (["delivered", "gaps", "again", "forgotten"])) counts[name] += found[name];
    violations.push(...found.violations);
  }
  violations.push(...checkLog(history, positions), ...checkNodes(history));
  const acknowledged = history.events.filter(isAcknowledged).length;
  const jobs = history.jobs.filter(({ followers }) => followers.length > 0).length;
  const deleted = history.deletions.filter(isDone).length;
  return { acknowledged, ...counts, jobs, deleted, violations };
}

/** Judges the log as a whole. @param {History} history @param {Positions} positions @returns {Violation[]} */
function checkLog(history, positions) {
  /** @type {Violation[]} */
  const violations = [];
  for (const { key, ownId } of findPublishedTwice(history.events, positions)) {
    violations.push({ kind: "duplicated", text: `event ${key} is in the log twice under its ID ${ownId}`, key });
  }
  for (const found of findOvertaken(history)) violations.push({ kind: "out of order", ...found });
  for (const cycle of findDisagreement(history, (key) => positions.mayBeRepeated(history.events[key]))) {
    const text = `subscribers do not agree on the order of ${cycle.slice(0, 10).join(", ")}`;
    violations.push({ kind: "out of order", text, key: /** @type {number} */ (cycle[0]) });
  }
  for (const found of findWrongDeletions(history, positions)) violations.push({ kind: "deletion", ...found });
  for (const found of findAmbiguousIds(history)) violations.push({ kind: "ambiguous ID", ...found });
  return violations;
}

/** Judges the nodes and their jobs. @param {History} history @returns {Violation[]} */
function checkNodes(history) {
  /** @type {Violation[]} */
  const violations = [];
  for (const text of history.crashes) violations.push({ kind: "crash", text });
  for (const job of history.jobs)
    for (const text of wrongEndsOfJob(job, history)) violations.push({ kind: "job", text, tick: job.began });
  for (const text of history.sideFaults) violations.push({ kind: "combined", text });
  for (const text of history.disagreements) violations.push({ kind: "presence", text });
  for (const text of wrongDisconnects(history)) violations.push({ kind: "disconnect", text });
  for (const { call, node, began } of history.unanswered) {
    violations.push({ kind: "unanswered", text: `${node} never answered a call of ${call}`, tick: began });
  }
  return violations;
}
