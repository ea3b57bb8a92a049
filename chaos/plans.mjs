// @ts-check
import { CHANNEL_FAULTS } from "./faults/channel-faults.mjs";
import { LOAD_FAULTS } from "./faults/load-faults.mjs";
import { NODE_FAULTS } from "./faults/node-faults.mjs";
import { LOSS_FAULTS, REMOVE_FAULT, RESTORE_FAULT, SERVER_FAULTS } from "./faults/store-faults.mjs";
import { WIRE_FAULTS } from "./faults/wire-faults.mjs";

/** @typedef {import("./faults/fault.d.mts").Fault} Fault */

/**
 * @typedef {object} Plan the faults of a round, and the settings of its log
 * @property {string} name
 * @property {readonly Fault[]} faults
 * @property {Fault} [first] the first fault, for any seed
 * @property {{ events: number }} retain
 * @property {{ events: number }} window
 * @property {boolean} [losesData] true if the store loses data
 * @property {number} [mapSize] the first size of the LMDB file, in bytes: soon full
 */

/** The faults that make a folder lose acknowledged events. */
const FOLDER_LOSS_FAULTS = [...LOSS_FAULTS, RESTORE_FAULT, REMOVE_FAULT];

const KEEP_ALL = 1_000_000;
const SMALL_DISK_BYTES = 1_500_000;

/** Returns the plans for a kind of log. @param {"lmdb" | "redis" | "nats"} kind @returns {readonly Plan[]} */
export function plansFor(kind) {
  const server = kind === "lmdb" ? [] : [...SERVER_FAULTS, ...WIRE_FAULTS];
  const losses = { redis: [...LOSS_FAULTS, RESTORE_FAULT], nats: LOSS_FAULTS, lmdb: FOLDER_LOSS_FAULTS }[kind];
  const sound = [...NODE_FAULTS, ...LOAD_FAULTS, ...CHANNEL_FAULTS, ...server];
  /** @type {Plan[]} */
  const plans = [
    // No event is lost or trimmed, so every gap is wrong.
    {
      name: "sound",
      faults: sound,
      retain: { events: KEEP_ALL },
      window: { events: 500 },
    },
    // A subscriber that is away or lagging for long receives a gap.
    {
      name: "trim",
      faults: [...sound, ...LOAD_FAULTS],
      retain: { events: 400 },
      window: { events: 100 },
    },
    // The store restarts without its data, or with an earlier copy. Or an operator restores such a copy, or removes the
    // folder, while the nodes run.
    {
      name: "loss",
      faults: [...sound, ...losses, ...losses, ...LOAD_FAULTS],
      retain: { events: KEEP_ALL },
      window: { events: 500 },
      losesData: true,
    },
  ];
  const flood = sound.find(({ name }) => name === "flood");
  if (kind === "lmdb")
    plans.push({
      name: "full",
      faults: sound,
      // The flood fills the small disk.
      ...(flood && { first: flood }),
      retain: { events: KEEP_ALL },
      window: { events: 500 },
      mapSize: SMALL_DISK_BYTES,
    });
  return plans;
}

/** Returns the names of all faults. @returns {string[]} */
export function faultNames() {
  const nodes = [...NODE_FAULTS, ...LOAD_FAULTS, ...CHANNEL_FAULTS];
  return [...nodes, ...SERVER_FAULTS, ...WIRE_FAULTS, ...FOLDER_LOSS_FAULTS].map(({ name }) => name);
}
