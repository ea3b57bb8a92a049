// @ts-check
import { KNOWN_FAILURES } from "../known-failures.mjs";

/** @typedef {import("./fixture.d.mts").NamedFixture} NamedFixture */

/**
 * @typedef {object} Result
 * @property {string} fixture
 * @property {string} mode
 * @property {string} step
 * @property {string | undefined} reason why it failed
 * @property {"ok" | "FAILED" | "known"} verdict
 */

/**
 * Returns the result of a step. A known failure that passes is a failure: its row must go.
 * @param {{ fixture: string, mode: string, step: string, reason?: string | undefined }} outcome
 * @returns {Result}
 */
export function judge({ fixture, mode, step, reason }, known = KNOWN_FAILURES) {
  const row = known.find(
    (entry) =>
      ["*", fixture].includes(entry.fixture) &&
      entry.step === step &&
      (entry.mode === undefined || entry.mode === mode),
  );
  if (row === undefined) return { fixture, mode, step, reason, verdict: reason === undefined ? "ok" : "FAILED" };
  if (reason !== undefined) return { fixture, mode, step, reason: `${row.cause}: ${reason}`, verdict: "known" };
  const remedy = `The step passes. Remove its row (${row.cause}) from known-failures.mjs.`;
  return { fixture, mode, step, reason: remedy, verdict: "FAILED" };
}

/** Prints a result as a line, and the reason of a failure below. @param {Result} result */
export function print({ fixture, mode, step, reason, verdict }) {
  const about = `${fixture} ${mode}: ${step}`;
  if (verdict === "FAILED") console.log(`FAILED  ${about}\n${(reason ?? "").trim().replace(/^/gm, "        ")}`);
  else console.log(`${verdict.padEnd(7)} ${about}${verdict === "known" ? ` (${reason?.split("\n")[0]})` : ""}`);
}
