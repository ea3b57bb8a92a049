// @ts-check
import { KNOWN_FAILURES } from "../known-failures.mjs";

/** @typedef {import("./fixture.d.mts").NamedFixture} NamedFixture */

/**
 * @typedef {object} Result
 * @property {string} fixture
 * @property {string} mode
 * @property {string} step
 * @property {string | undefined} reason why it failed
 * @property {number} seconds
 * @property {"ok" | "FAILED" | "known"} verdict
 *
 * @typedef {Omit<Result, "verdict">} Outcome
 */

/**
 * Returns the result of a step. A known failure that passes is a failure: its row must go, unless it is unsteady.
 * @param {Outcome} outcome
 * @returns {Result}
 */
export function judge(outcome, known = KNOWN_FAILURES) {
  const { fixture, mode, step, reason } = outcome;
  const row = known.find(
    (entry) =>
      ["*", fixture].includes(entry.fixture) &&
      entry.step === step &&
      (entry.mode === undefined || entry.mode === mode),
  );
  if (row === undefined) return { ...outcome, verdict: reason === undefined ? "ok" : "FAILED" };
  if (reason !== undefined) return { ...outcome, reason: `${row.cause}: ${reason}`, verdict: "known" };
  if (row.unsteady) return { ...outcome, verdict: "ok" };
  const remedy = `The step passes. Remove its row (${row.cause}) from known-failures.mjs.`;
  return { ...outcome, reason: remedy, verdict: "FAILED" };
}

/** Prints a result as a line, and the reason of a failure below. @param {Result} result */
export function print({ fixture, mode, step, reason, verdict, seconds }) {
  const about = `${fixture} ${mode}: ${step}, ${seconds.toFixed(1)} s`;
  if (verdict === "FAILED") console.log(`FAILED  ${about}\n${(reason ?? "").trim().replace(/^/gm, "        ")}`);
  else console.log(`${verdict.padEnd(7)} ${about}${verdict === "known" ? ` (${reason?.split("\n")[0]})` : ""}`);
}
