import { parseArgs } from "node:util";
import { SCENARIOS } from "./scenarios.mjs";

const LEAST_ROUNDS = 5;

const COMPARING = Object.keys(SCENARIOS).filter((name) => SCENARIOS[name]?.comparesBuilds);

const USAGE = `usage: npm run bench -- [scenario …] [--quick] [--strict] [--cpu-prof=<folder>]
       npm run bench -- [scenario …] --against <commit> [--rounds <n>] [--quick]
scenarios: ${Object.keys(SCENARIOS).join(", ")}; with --against only: ${COMPARING.join(", ")}`;

/**
 * @typedef {object} Arguments
 * @property {string[]} scenarios
 * @property {boolean} quick
 * @property {boolean} strict
 * @property {string | undefined} cpuProfile folder
 * @property {{ commit: string, rounds: number } | undefined} against
 */

/**
 * Parses the command line. Throws an `Error` with the reason and the usage if it is invalid.
 * @param {string[]} args
 * @returns {Arguments}
 */
export function readArguments(args) {
  try {
    return parse(args);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

/**
 * @param {string[]} args
 * @returns {Arguments}
 */
function parse(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      strict: { type: "boolean", default: false },
      "cpu-prof": { type: "string" },
      against: { type: "string" },
      rounds: { type: "string" },
    },
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown.length > 0) throw new Error(`Unknown scenario: ${unknown.join(", ")}.`);
  const { quick, strict, "cpu-prof": cpuProfile, against: commit, rounds } = values;
  if (commit === undefined) {
    if (rounds !== undefined) throw new Error("--rounds needs --against.");
    const scenarios = positionals.length > 0 ? positionals : Object.keys(SCENARIOS);
    return { scenarios, quick, strict, cpuProfile, against: undefined };
  }
  if (strict || cpuProfile !== undefined) throw new Error("--against does not support --strict and --cpu-prof.");
  const unsupported = positionals.filter((name) => !COMPARING.includes(name));
  if (unsupported.length > 0) throw new Error(`No support for --against in: ${unsupported.join(", ")}.`);
  const scenarios = positionals.length > 0 ? positionals : COMPARING;
  return { scenarios, quick, strict, cpuProfile, against: { commit, rounds: parseRounds(rounds) } };
}

/** @param {string | undefined} text */
function parseRounds(text = String(LEAST_ROUNDS)) {
  const rounds = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (rounds >= LEAST_ROUNDS) return rounds;
  throw new Error(`--rounds must be a whole number of at least ${LEAST_ROUNDS}, but is "${text}".`);
}
