// @ts-check
import { parsePosition } from "./places.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").SubscriberHistory} SubscriberHistory */

/**
 * What a subscriber got in an order other than that of the positions. It starts anew after a gap, and where it came with an ID that may stand for
 * two places.
 * @param {SubscriberHistory} subscriber
 * @param {(id: string) => boolean} isTwofold
 * @returns {number[]} keys
 */
export function findBackwards(subscriber, isTwofold) {
  const backwards = [];
  let last = 0;
  for (const seen of subscriber.seen) {
    if (seen.kind === "gap" || (seen.kind === "opened" && isTwofold(seen.lastEventId))) last = 0;
    if (seen.kind !== "event" && seen.kind !== "position" && seen.kind !== "gap") continue;
    const position = parsePosition(seen.id);
    if (position === undefined) continue;
    // A block that is only a position may say again where the subscriber is.
    const isBehind = seen.kind === "event" ? position.offset <= last : position.offset < last;
    if (isBehind && seen.kind === "event") backwards.push(seen.key);
    last = Math.max(last, position.offset);
  }
  return backwards;
}

/**
 * Events on which subscribers do not agree which comes first: those on a cycle of "came right before", within a life of the log. This also
 * sees those whose IDs tell no position, but for those that may have two.
 * @param {History} history
 * @param {(key: number) => boolean} isRenewed
 * @returns {number[][]} keys of one cycle each
 */
export function findDisagreement({ subscribers, events }, isRenewed) {
  const numbers = new Map();
  /** @type {Map<number, Set<number>>} */
  const followers = new Map();
  /** @type {Map<number, number>} */
  const preceding = new Map();
  const nodeOf = (/** @type {string} */ epoch, /** @type {number} */ key) => {
    if (!numbers.has(epoch)) numbers.set(epoch, numbers.size);
    return numbers.get(epoch) * events.length + key;
  };
  for (const { seen: all } of subscribers) {
    let epoch = "";
    let before = -1;
    for (const seen of all) {
      if (seen.kind === "gap") before = -1;
      if (seen.kind !== "event" && seen.kind !== "position" && seen.kind !== "gap") continue;
      const position = parsePosition(seen.id);
      if (position !== undefined && position.epoch !== epoch) {
        epoch = position.epoch;
        before = -1;
      }
      if (seen.kind !== "event" || isRenewed(seen.key)) continue;
      const node = nodeOf(epoch, seen.key);
      if (!followers.has(node)) followers.set(node, new Set());
      if (!preceding.has(node)) preceding.set(node, 0);
      // One that comes twice in a row is a duplicate, and no matter of order.
      if (before >= 0 && before !== node && !followers.get(before)?.has(node)) {
        followers.get(before)?.add(node);
        preceding.set(node, /** @type {number} */ (preceding.get(node)) + 1);
      }
      before = node;
    }
  }
  const ready = [...preceding].filter(([, count]) => count === 0).map(([node]) => node);
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    preceding.delete(node);
    for (const next of followers.get(node) ?? []) {
      const left = /** @type {number} */ (preceding.get(next)) - 1;
      preceding.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  // What is left is on a cycle or behind one.
  return preceding.size === 0 ? [] : [cycleIn(followers, preceding).map((node) => node % events.length)];
}

/**
 * @param {Map<number, Set<number>>} followers
 * @param {Map<number, number>} among
 */
function cycleIn(followers, among) {
  // Each of these has one of them before it: going back again and again must come around.
  const before = new Map();
  for (const node of among.keys())
    for (const next of followers.get(node) ?? []) if (among.has(next)) before.set(next, node);
  const path = [];
  const places = new Map();
  let node = /** @type {number} */ (among.keys().next().value);
  while (!places.has(node)) {
    places.set(node, path.length);
    path.push(node);
    node = before.get(node);
  }
  return path.slice(places.get(node)).reverse();
}

/**
 * Events that one process of a node was given in one order by one publisher, and that the log has in another.
 * @param {History} history
 * @returns {number[]} keys
 */
export function findOvertaken({ events }) {
  /** @type {Map<string, { key: number, began: number, epoch: string, offset: number }[]>} */
  const lanes = new Map();
  for (const { key, publisher, attempts } of events) {
    // One that was tried again has no place in the order of calls.
    const [attempt] = attempts;
    if (attempts.length !== 1 || attempt?.position === undefined) continue;
    const lane = `${publisher} ${attempt.node} ${attempt.position.epoch}`;
    if (!lanes.has(lane)) lanes.set(lane, []);
    lanes.get(lane)?.push({ key, began: attempt.began, ...attempt.position });
  }
  const overtaken = [];
  for (const lane of lanes.values()) {
    lane.sort((a, b) => a.began - b.began);
    for (const [i, { key, offset }] of lane.entries())
      if (i > 0 && offset <= (lane[i - 1]?.offset ?? 0)) overtaken.push(key);
  }
  return overtaken;
}
