// @ts-check
import { LOAD_FAULTS } from "./faults/load-faults.mjs";
import { NODE_FAULTS } from "./faults/node-faults.mjs";
import { LOSS_FAULTS, SERVER_FAULTS } from "./faults/store-faults.mjs";
import { WIRE_FAULTS } from "./faults/wire-faults.mjs";

/** @typedef {import("./faults/world.d.mts").Fault} Fault */

/**
 * @typedef {object} Plan what may happen in a round
 * @property {string} name
 * @property {readonly Fault[]} faults
 * @property {Fault} [first] comes first, whatever the seed
 * @property {{ events: number }} retain
 * @property {{ events: number }} window
 * @property {boolean} [losesData] whether the store does
 * @property {number} [mapSize] of LMDB at first, in bytes: soon full
 */

const ENOUGH = 1_000_000;
const SMALL_DISK_BYTES = 1_500_000;

/** @param {"lmdb" | "redis" | "nats"} kind @returns {readonly Plan[]} */
export function plansFor(kind) {
  const server = kind === "lmdb" ? [] : [...SERVER_FAULTS, ...WIRE_FAULTS];
  const sound = [...NODE_FAULTS, ...LOAD_FAULTS, ...server];
  /** @type {Plan[]} */
  const plans = [
    // Nothing is lost and nothing trimmed: a gap would be a lie.
    {
      name: "sound",
      faults: sound,
      retain: { events: ENOUGH },
      window: { events: 500 },
    },
    // Who is away or behind for long is told of a gap.
    {
      name: "trim",
      faults: [...sound, ...LOAD_FAULTS],
      retain: { events: 400 },
      window: { events: 100 },
    },
    // The store comes back without its data, or with what it had earlier.
    {
      name: "loss",
      faults: [...sound, ...LOSS_FAULTS, ...LOSS_FAULTS, ...LOAD_FAULTS],
      retain: { events: ENOUGH },
      window: { events: 500 },
      losesData: true,
    },
  ];
  const flood = sound.find(({ name }) => name === "flood");
  if (kind === "lmdb")
    plans.push({
      name: "full",
      faults: sound,
      // It fills a small disk.
      ...(flood && { first: flood }),
      retain: { events: ENOUGH },
      window: { events: 500 },
      mapSize: SMALL_DISK_BYTES,
    });
  return plans;
}

/** Which faults there are. @returns {string[]} */
export function faultNames() {
  return [...NODE_FAULTS, ...LOAD_FAULTS, ...SERVER_FAULTS, ...WIRE_FAULTS, ...LOSS_FAULTS].map(({ name }) => name);
}
