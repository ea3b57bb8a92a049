// @ts-check
import { faultNames } from "./plans.mjs";

/** @typedef {"lmdb" | "redis" | "nats"} Kind */

/** @type {readonly Kind[]} */
export const KINDS = ["lmdb", "redis", "nats"];

const USAGE = `npm run chaos -- [--log lmdb|redis|nats|all] [--minutes N] [--seed N] [--plan NAME] [--faults a,b]
  [--subscribers N] [--rate N] [--verbose]
faults: ${faultNames().join(", ")}`;

/**
 * @typedef {object} Settings
 * @property {readonly Kind[]} kinds
 * @property {number} minutes
 * @property {number} seed
 * @property {string | undefined} plan
 * @property {readonly string[] | undefined} faults
 * @property {number} subscribers
 * @property {number} rate events per second
 * @property {boolean} verbose
 */

/** Reads the command line. Throws with the usage if it is wrong. @param {readonly string[]} args @returns {Settings} */
export function readSettings(args) {
  /** @type {Map<string, string>} */
  const given = new Map();
  for (let i = 0; i < args.length; i++) {
    const [name, value] = (args[i] ?? "").split("=");
    if (!name?.startsWith("--")) throw new Error(`No such argument: ${args[i]}\n${USAGE}`);
    given.set(name.slice(2), value ?? (name === "--verbose" ? "true" : (args[++i] ?? "")));
  }
  const known = ["log", "minutes", "seed", "plan", "faults", "subscribers", "rate", "verbose"];
  for (const name of given.keys()) if (!known.includes(name)) throw new Error(`No such option: --${name}\n${USAGE}`);
  const number = (/** @type {string} */ name, /** @type {number} */ fallback) => {
    const value = Number(given.get(name) ?? fallback);
    if (!(value > 0)) throw new Error(`--${name} must be a number above 0, but is ${given.get(name)}.\n${USAGE}`);
    return value;
  };
  const log = given.get("log") ?? "all";
  const kinds = log === "all" ? KINDS : KINDS.filter((kind) => log.split(",").includes(kind));
  if (kinds.length === 0) throw new Error(`No such log: ${log}\n${USAGE}`);
  const faults = given.get("faults")?.split(",");
  for (const name of faults ?? [])
    if (!faultNames().includes(name)) throw new Error(`No such fault: ${name}\n${USAGE}`);
  return {
    kinds,
    minutes: number("minutes", 3),
    seed: Math.floor(number("seed", 1 + Math.floor(Math.random() * 1e6))),
    plan: given.get("plan"),
    faults,
    subscribers: number("subscribers", 49),
    rate: number("rate", 160),
    verbose: given.has("verbose"),
  };
}
