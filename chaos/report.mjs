// @ts-check
/** @typedef {import("./checker/check.mjs").Violation} Violation */
/** @typedef {import("./checker/check.mjs").ViolationKind} ViolationKind */
/** @typedef {import("./history.mjs").History} History */
/** @typedef {import("./history.mjs").Seen} Seen */
/** @typedef {import("./round.mjs").Outcome} Outcome */

const SHOWN_VIOLATIONS = 5;
/** How much of the subscriber's history is shown before and after a violation. */
const SHOWN_BEFORE = 12;
const SHOWN_AFTER = 6;
const SHOWN_NOTES = 14;

/**
 * @typedef {"acknowledged" | "delivered" | "gaps" | "again" | "forgotten" | "jobs" | "deleted"} Count
 * @typedef {Record<Count, number> & { violations: readonly Violation[] }} Counts
 */

/** Returns the line of counts, summed over rounds. @param {readonly Counts[]} rounds */
export function summaryLine(rounds) {
  const sum = (/** @type {Count} */ name) => rounds.reduce((total, round) => total + round[name], 0);
  const count = (/** @type {ViolationKind} */ kind) =>
    rounds.reduce((total, { violations }) => total + violations.filter((each) => each.kind === kind).length, 0);
  return [
    `acknowledged ${sum("acknowledged")}`,
    `delivered ${sum("delivered")}`,
    `gaps ${sum("gaps")}`,
    `lost ${count("lost")}`,
    `duplicated ${count("duplicated")}`,
    `out of order ${count("out of order")}`,
    `torn ${count("torn")}`,
    `foreign ${count("foreign")}`,
    `needless gaps ${count("needless gap")}`,
    `ambiguous IDs ${count("ambiguous ID")}`,
    `unanswered ${count("unanswered")}`,
    `crashed ${count("crash")}`,
    `presence wrong ${count("presence")}`,
    `disconnects wrong ${count("disconnect")}`,
    `combined wrong ${count("combined")}`,
    `deleted ${sum("deleted")}`,
    `deletions wrong ${count("deletion")}`,
    `jobs ${sum("jobs")}`,
    `jobs wrong ${count("job")}`,
    `seen again after a gap ${sum("again")}`,
    `forgotten ${sum("forgotten")}`,
  ].join(", ");
}

/** Returns the first violations of each kind, with the history around them. @param {Outcome} outcome */
export function explain({ violations, histories, errors }) {
  const [main] = histories;
  const lines = [];
  const kinds = new Set(violations.map(({ kind }) => kind));
  for (const kind of kinds) {
    const all = violations.filter((each) => each.kind === kind);
    lines.push(`  ${kind}: ${all.length}`);
    for (const violation of all.slice(0, SHOWN_VIOLATIONS)) {
      lines.push(`  - ${violation.channel ?? ""}: ${violation.text}`);
      const history = histories.find(({ channel }) => channel === violation.channel) ?? main;
      if (history !== undefined) lines.push(...describe(violation, history).map((line) => `      ${line}`));
    }
  }
  if (errors.length > 0) {
    const counts = new Map();
    for (const error of errors) counts.set(error, (counts.get(error) ?? 0) + 1);
    lines.push("  errors that nodes reported:");
    for (const [error, count] of [...counts].slice(0, 20)) lines.push(`    ${count} times: ${error}`);
  }
  return lines.join("\n");
}

/** @param {Violation} violation @param {History} history */
function describe({ key, subscriber, tick }, history) {
  const lines = [];
  const event = key === undefined ? undefined : history.events[key];
  if (event !== undefined) {
    lines.push(`event ${event.key} of publisher ${event.publisher}, topics ${event.topics}, own ID ${event.ownId}`);
    for (const { node, began, answered, id, position, error } of event.attempts) {
      const at = position && ` at ${position.epoch}-${position.offset}`;
      lines.push(`  #${began} by ${node}: ${id === undefined ? (error ?? "no answer") : `${id}${at}`} #${answered}`);
    }
  }
  const moment = tick ?? event?.attempts[0]?.answered ?? event?.attempts[0]?.began ?? 0;
  const seen = history.subscribers.find(({ name }) => name === subscriber)?.seen ?? [];
  if (seen.length > 0) {
    const delivered = seen.findIndex((each) => each.kind === "event" && each.key === key);
    const index = tick === undefined && delivered >= 0 ? delivered : seen.findIndex((each) => each.tick > moment);
    const from = Math.max(0, (index < 0 ? seen.length : index) - SHOWN_BEFORE);
    lines.push(...seen.slice(from, from + SHOWN_BEFORE + SHOWN_AFTER).map(show));
    lines.push("connections and gaps:");
    const changes = seen.filter((each) => each.kind !== "event" && each.kind !== "position");
    const next = changes.findIndex((each) => each.tick > moment);
    const begin = Math.max(0, (next < 0 ? changes.length : next) - 6);
    lines.push(...changes.slice(begin, begin + 12).map(show));
  }
  lines.push("notes of the round:");
  const notes = history.notes;
  const next = notes.findIndex((note) => note.tick > moment);
  const begin = Math.max(0, (next < 0 ? notes.length : next) - SHOWN_NOTES + 5);
  lines.push(...notes.slice(begin, begin + SHOWN_NOTES).map((note) => `#${note.tick} ${note.text}`));
  const lives = history.lives.map(({ epoch, holds, seenBy }) => {
    const entered = [...seenBy].map(([process, at]) => `#${at} by ${process}`);
    return `${epoch} ${entered.join(", ")}, holds ${JSON.stringify([...holds])}`;
  });
  lines.push(`lives: ${lives.join("; ")}`);
  const deletions = history.deletions.map(
    ({ node, began, answered, error }) => `#${began} by ${node}, ${error ?? "resolved"} #${answered}`,
  );
  if (deletions.length > 0) lines.push(`deletions: ${deletions.join("; ")}`);
  return lines;
}

/** @param {Seen} seen */
function show(seen) {
  const { tick, kind, ...rest } = seen;
  const fields = Object.entries(rest).filter(([name]) => name !== "intact");
  return `#${tick} ${kind} ${fields.map(([name, value]) => `${name}=${value}`).join(" ")}`;
}
