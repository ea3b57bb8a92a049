import { parseArgs } from "node:util";
import { SCENARIOS } from "./scenarios.mjs";

const LEAST_ROUNDS = 5;

/** The logs that `--log` names. */
const LOGS = ["memory", "lmdb", "redis", "nats"];

const COMPARING = Object.keys(SCENARIOS).filter((name) => SCENARIOS[name]?.comparesBuilds);

/** The flags of the scenario `channels`, and the range of each. `--rounds` has the same name with `--against`. */
const CHANNELS_FLAGS = {
  channels: { min: 1, max: 1_000_000 },
  open: { min: 1, max: 100_000 },
  rate: { min: 1, max: 100_000 },
  rounds: { min: 1, max: 100 },
};

const USAGE = `usage: npm run bench -- [scenario …] [--quick] [--strict] [--cpu-prof=<folder>]
       npm run bench -- [scenario …] --against <commit> [--rounds <n>] [--quick]
       npm run bench -- channels [--log=<${LOGS.join("|")}>]… [--channels <n>] [--open <n>] [--rate <n>] [--rounds <n>]
scenarios: ${Object.keys(SCENARIOS).join(", ")}; with --against only: ${COMPARING.join(", ")}`;

/**
 * Counts of the scenario `channels` that the command line sets.
 * @typedef {object} ChannelsArguments
 * @property {("memory" | import("./logs/store.mjs").Kind)[]} [logs]
 * @property {number} [channels] channels that are made, used once and closed
 * @property {number} [open] channels with a subscriber each
 * @property {number} [rate] events per second to random ones of them
 * @property {number} [rounds]
 */

/**
 * @typedef {object} Arguments
 * @property {string[]} scenarios
 * @property {boolean} quick
 * @property {boolean} strict
 * @property {string | undefined} cpuProfile folder
 * @property {{ commit: string, rounds: number } | undefined} against
 * @property {ChannelsArguments} channels
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
      log: { type: "string", multiple: true },
      channels: { type: "string" },
      open: { type: "string" },
      rate: { type: "string" },
    },
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown.length > 0) throw new Error(`Unknown scenario: ${unknown.join(", ")}.`);
  const { quick, strict, "cpu-prof": cpuProfile, against: commit, rounds } = values;
  const channels = parseChannels(values, commit === undefined && positionals.join() === "channels");
  if (commit === undefined) {
    const usual = Object.keys(SCENARIOS).filter((name) => !SCENARIOS[name]?.byNameOnly);
    const scenarios = positionals.length > 0 ? positionals : usual;
    return { scenarios, quick, strict, cpuProfile, against: undefined, channels };
  }
  if (strict || cpuProfile !== undefined) throw new Error("--against does not support --strict and --cpu-prof.");
  const unsupported = positionals.filter((name) => !COMPARING.includes(name));
  if (unsupported.length > 0) throw new Error(`No support for --against in: ${unsupported.join(", ")}.`);
  const scenarios = positionals.length > 0 ? positionals : COMPARING;
  return { scenarios, quick, strict, cpuProfile, against: { commit, rounds: parseRounds(rounds) }, channels };
}

/** @param {string | undefined} text */
function parseRounds(text = String(LEAST_ROUNDS)) {
  const rounds = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (rounds >= LEAST_ROUNDS) return rounds;
  throw new Error(`--rounds must be a whole number of at least ${LEAST_ROUNDS}, but is "${text}".`);
}

/**
 * @param {Record<string, unknown>} values
 * @param {boolean} isAlone true if `channels` is the only scenario of an ordinary run
 * @returns {ChannelsArguments}
 */
function parseChannels(values, isAlone) {
  const { log } = /** @type {{ log?: any[] }} */ (values);
  /** @type {ChannelsArguments} */
  const found = {};
  if (log !== undefined) {
    const unknown = log.filter((name) => !LOGS.includes(name));
    if (unknown.length > 0) throw new Error(`Unknown log: ${unknown.join(", ")}.`);
    found.logs = [...new Set(log)];
  }
  for (const [flag, { min, max }] of Object.entries(CHANNELS_FLAGS)) {
    const text = /** @type {string | undefined} */ (values[flag]);
    if (text === undefined || (flag === "rounds" && values.against !== undefined)) continue;
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= min && number <= max))
      throw new Error(`--${flag} must be a whole number from ${min} to ${max}, but is "${text}".`);
    found[/** @type {keyof typeof CHANNELS_FLAGS} */ (flag)] = number;
  }
  const [first] = Object.keys(found);
  if (first === undefined || isAlone) return found;
  if (first === "rounds") throw new Error("--rounds needs --against, or the scenario channels alone.");
  throw new Error(`--${first === "logs" ? "log" : first} needs the scenario channels alone.`);
}
