// @ts-check
import { parsePosition } from "./positions.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").SubscriberHistory} SubscriberHistory */

/**
 * Returns the events that a subscriber received after an event with a higher position. The order starts anew after a
 * gap, and after a subscriber resumed from an ID that may mean two positions.
 * @param {SubscriberHistory} subscriber
 * @param {(id: string) => boolean} mayMeanTwo
 * @returns {number[]} keys
 */
export function findBackwards(subscriber, mayMeanTwo) {
  const backwards = [];
  let last = 0;
  for (const seen of subscriber.seen) {
    if (seen.kind === "gap" || (seen.kind === "opened" && mayMeanTwo(seen.lastEventId))) last = 0;
    if (seen.kind !== "event" && seen.kind !== "position" && seen.kind !== "gap") continue;
    const position = parsePosition(seen.id);
    if (position === undefined) continue;
    // A block that is only a position may repeat the current one.
    const isBehind = seen.kind === "event" ? position.offset <= last : position.offset < last;
    if (isBehind && seen.kind === "event") backwards.push(seen.key);
    last = Math.max(last, position.offset);
  }
  return backwards;
}

/**
 * Returns the events on whose order subscribers disagree: a cycle of "came directly before", within one life of the
 * log. This also finds events whose IDs are no positions. Events that the log may have twice are left out.
 * @param {History} history
 * @param {(key: number) => boolean} mayBeRepeated
 * @returns {number[][]} the keys of at most one cycle
 */
export function findDisagreement({ subscribers, events }, mayBeRepeated) {
  const graph = new OrderGraph(events.length);
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
      if (seen.kind !== "event" || mayBeRepeated(seen.key)) continue;
      before = graph.add(epoch, seen.key, before);
    }
  }
  const cycle = graph.cycle();
  return cycle === undefined ? [] : [cycle];
}

/** A graph of events: an edge leads from an event to each event that came directly after it. */
class OrderGraph {
  #eventCount;
  /** @type {Map<string, number>} */
  #epochs = new Map();
  /** The events after each event. @type {Map<number, Set<number>>} */
  #after = new Map();
  /** The number of events directly before each event. @type {Map<number, number>} */
  #countBefore = new Map();

  /** @param {number} eventCount */
  constructor(eventCount) {
    this.#eventCount = eventCount;
  }

  /**
   * Adds an event after another, and returns its node. An event has a node for each epoch.
   * @param {string} epoch
   * @param {number} key
   * @param {number} before the node of the event before, or -1
   */
  add(epoch, key, before) {
    if (!this.#epochs.has(epoch)) this.#epochs.set(epoch, this.#epochs.size);
    const node = /** @type {number} */ (this.#epochs.get(epoch)) * this.#eventCount + key;
    if (!this.#after.has(node)) this.#after.set(node, new Set());
    if (!this.#countBefore.has(node)) this.#countBefore.set(node, 0);
    // An event that comes twice in a row is a duplicate, and not out of order.
    if (before >= 0 && before !== node && !this.#after.get(before)?.has(node)) {
      this.#after.get(before)?.add(node);
      this.#countBefore.set(node, /** @type {number} */ (this.#countBefore.get(node)) + 1);
    }
    return node;
  }

  /** Returns the keys of one cycle, or `undefined` if there is none. */
  cycle() {
    const left = new Map(this.#countBefore);
    const ready = [...left].filter(([, count]) => count === 0).map(([node]) => node);
    for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
      left.delete(node);
      for (const next of this.#after.get(node) ?? []) {
        const count = /** @type {number} */ (left.get(next)) - 1;
        left.set(next, count);
        if (count === 0) ready.push(next);
      }
    }
    // The remaining nodes are on a cycle or behind one.
    return left.size === 0 ? undefined : this.#cycleAmong(left).map((node) => node % this.#eventCount);
  }

  /** @param {Map<number, number>} nodes each has at least one of the others before it */
  #cycleAmong(nodes) {
    // So a path that goes back from node to node must come to a node for the second time.
    const before = new Map();
    for (const node of nodes.keys())
      for (const next of this.#after.get(node) ?? []) if (nodes.has(next)) before.set(next, node);
    const path = [];
    const indexes = new Map();
    let node = /** @type {number} */ (nodes.keys().next().value);
    while (!indexes.has(node)) {
      indexes.set(node, path.length);
      path.push(node);
      node = before.get(node);
    }
    return path.slice(indexes.get(node)).reverse();
  }
}

/**
 * Returns the events that the log has in another order than that in which one publisher gave them to one process.
 * @param {History} history
 * @returns {{ key: number, text: string }[]}
 */
export function findOvertaken({ events }) {
  /** @type {Map<string, { key: number, began: number, epoch: string, offset: number }[]>} */
  const lanes = new Map();
  for (const { key, publisher, attempts } of events) {
    // An event with several attempts has no fixed position in the order of calls.
    const [attempt] = attempts;
    if (attempts.length !== 1 || attempt?.position === undefined) continue;
    const lane = `${publisher} ${attempt.node} ${attempt.position.epoch}`;
    if (!lanes.has(lane)) lanes.set(lane, []);
    lanes.get(lane)?.push({ key, began: attempt.began, ...attempt.position });
  }
  const overtaken = [];
  for (const lane of lanes.values()) {
    lane.sort((a, b) => a.began - b.began);
    for (const [i, { key, offset }] of lane.entries()) {
      const before = lane[i - 1];
      if (before !== undefined && offset <= before.offset)
        overtaken.push({ key, text: `event ${key} overtook event ${before.key} of its publisher` });
    }
  }
  return overtaken;
}
