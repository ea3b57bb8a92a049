// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { Random } from "../random.mjs";

/** @typedef {import("./world.d.mts").Fault} Fault */
/** @typedef {import("./world.d.mts").World} World */
/** @typedef {{ at: number, fault: Fault, ms: number, seed: number }} Planned `at` and `ms` in ms */

/** From one fault to the next, in ms; they overlap where one lasts longer. */
const PAUSE_MS = { least: 200, most: 2_500 };

/**
 * Which faults come when: follows from the random numbers alone.
 * @param {readonly Fault[]} faults
 * @param {number} lastsMs
 * @param {Random} random
 * @param {Fault} [first] what comes first in any case
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
 * Lets them happen; resolves when everything is put right again. One whose target is broken already is left out.
 * @param {readonly Planned[]} planned
 * @param {World} world
 * @param {number} from when this is, in ms of the plan
 * @returns {Promise<Map<string, number>>} how often each happened
 */
export async function inflict(planned, world, from) {
  const began = performance.now() - from;
  const broken = new Set();
  /** @type {Map<string, number>} */
  const counts = new Map();
  const running = [];
  for (const { at, fault, ms, seed } of planned) {
    await wait(Math.max(0, at - (performance.now() - began)));
    const target = targetOf(fault, world);
    if (broken.has(target)) continue;
    if (target !== "nothing") broken.add(target);
    counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1);
    world.history.note(`${fault.name} for ${ms} ms`);
    running.push(fault.run(world, ms, new Random(seed)).finally(() => broken.delete(target)));
  }
  await Promise.all(running);
  return counts;
}

/** Nodes and a store that is nothing but their folder are broken one at a time. @param {Fault} fault @param {World} world */
function targetOf({ breaks }, { store }) {
  if (breaks === "nodes" || breaks === "node") return "nodes";
  return breaks === "store" && !store.isServer ? "nodes" : breaks;
}
