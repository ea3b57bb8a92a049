// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { Random } from "../random.mjs";

/** @typedef {import("./fault.d.mts").Fault} Fault */
/** @typedef {import("./fault.d.mts").RoundParts} RoundParts */
/**
 * @typedef {{ at: number, fault: Fault, ms: number, seed: number }} Planned `at`: its start; `ms`: its duration, in ms
 */

/** The time from one fault to the next, in ms. A fault that lasts longer overlaps with the next. */
const PAUSE_MS = { least: 200, most: 2_500 };

/**
 * Plans which fault starts when. The plan follows from the random numbers alone.
 * @param {readonly Fault[]} faults
 * @param {number} lastsMs
 * @param {Random} random
 * @param {Fault} [first] the fault to begin with, for any seed
 * @returns {Planned[]}
 */
export function planFaults(faults, lastsMs, random, first) {
  /** @type {Planned[]} */
  const planned = [];
  for (let at = random.whole(500, 1_500); at < lastsMs; at += random.whole(PAUSE_MS.least, PAUSE_MS.most)) {
    const picked = random.pick(faults);
    const fault = planned.length === 0 ? (first ?? picked) : picked;
    planned.push({ at, fault, ms: random.whole(...fault.lasts), seed: random.whole(0, 2 ** 31) });
  }
  return planned;
}

/**
 * Runs the planned faults, and resolves when all of them are repaired. Skips a fault if its target is already broken.
 * @param {readonly Planned[]} planned
 * @param {RoundParts} parts
 * @param {number} from the time in the plan at which this call begins, in ms
 * @returns {Promise<Map<string, number>>} how often each fault ran
 */
export async function runFaults(planned, parts, from) {
  const began = performance.now() - from;
  /** The fault that breaks each target, or waits for it. @type {Map<string, Running>} */
  const broken = new Map();
  /** @type {Map<string, number>} */
  const counts = new Map();
  const running = [];
  for (const { at, fault, ms, seed } of planned) {
    await wait(Math.max(0, at - (performance.now() - began)));
    const targets = targetsOf(fault, parts);
    const before = targets.flatMap((target) => broken.get(target) ?? []);
    if (before.length > 0 && (targets.length === 1 || before.some(({ isOfSeveral }) => isOfSeveral))) continue;
    counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1);
    const run = async () => {
      await Promise.all(before.map(({ repaired }) => repaired));
      parts.history.note(`${fault.name} for ${ms} ms`);
      await fault.run(parts, ms, new Random(seed));
    };
    const repaired = run().finally(() => {
      // Another fault of several targets may wait for this one, and has them already.
      for (const target of targets) if (broken.get(target) === own) broken.delete(target);
    });
    const own = { repaired, isOfSeveral: targets.length > 1 };
    for (const target of targets) broken.set(target, own);
    running.push(repaired);
  }
  await Promise.all(running);
  return counts;
}

/** @typedef {{ repaired: Promise<void>, isOfSeveral: boolean }} Running */

/**
 * Returns the targets of a fault. All nodes are one target; a store that is only a folder belongs to it.
 * @param {Fault} fault
 * @param {RoundParts} parts
 */
function targetsOf({ breaks }, { store }) {
  const targets = [breaks].flat().map((target) => {
    if (target === "nodes" || target === "node") return "nodes";
    return target === "store" && !store.isServer ? "nodes" : target;
  });
  return [...new Set(targets)].filter((target) => target !== "nothing");
}
