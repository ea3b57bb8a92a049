// @ts-check
import { NODE_GONE } from "../cluster/node-handle.mjs";
import { isAcknowledged } from "../history.mjs";
import { dataOf } from "./event-data.mjs";

/** @typedef {import("../cluster/node-handle.mjs").NodeHandle} NodeHandle */
/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */

/** Topics of events; most are for everybody. */
const TOPICS = [undefined, undefined, undefined, ["a"], ["b"], ["a", "b"], ["c"]];
/** A part of the events has an ID of the publisher's own. Those are repeated until they are acknowledged. */
const OWN_ID_PART = 0.25;
/** A part of these is published again by one who does not know that they were. */
const FORGETFUL_PART = 0.2;
/** How often one looks whether it is time for the next events, in ms. */
const TICK_MS = 20;
/** Events that a publisher waits for at a time at most. */
const MOST_IN_FLIGHT = 100;
/** A publisher that hears nothing for so long does not know, and asks another node, in ms. */
const PATIENCE_MS = 6_000;
/** A node that runs all the time answers within this, whatever its log is going through, in ms. */
const ANSWER_LIMIT_MS = 25_000;
const REPEAT_AFTER_MS = 150;

/** Publishes numbered events through whichever node, several at a time. */
export class Publisher {
  #history;
  #number;
  #nodes;
  #random;
  #perSecond;
  #usesOwnIds;
  /** @type {NodeHandle} */
  #node;
  #inFlight = 0;
  #due = 0;
  #isStopped = false;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {History} history
   * @param {number} number
   * @param {readonly NodeHandle[]} nodes
   * @param {import("../random.mjs").Random} random
   * @param {{ perSecond: number, usesOwnIds: boolean }} settings
   */
  constructor(history, number, nodes, random, { perSecond, usesOwnIds }) {
    this.#history = history;
    this.#number = number;
    this.#nodes = nodes;
    this.#random = random;
    this.#perSecond = perSecond;
    this.#usesOwnIds = usesOwnIds;
    this.#node = random.pick(nodes);
  }

  start() {
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#due += (this.#perSecond * (now - last)) / 1_000;
      last = now;
      for (; this.#due >= 1; this.#due--)
        if (this.#inFlight < MOST_IN_FLIGHT) void this.publish(this.#random.pick(TOPICS));
    }, TICK_MS);
  }

  /** So many at once, all for the same topics and that much larger. @param {number} count @param {readonly string[]} topics @param {number} extraLength */
  burst(count, topics, extraLength) {
    for (let i = 0; i < count; i++) void this.publish(topics, extraLength);
  }

  /** Publishes no more; resolves when nothing is under way. */
  async stop() {
    this.#isStopped = true;
    clearInterval(this.#timer);
    while (this.#inFlight > 0) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }

  /**
   * Publishes the next event, and repeats it where it has an ID of its own.
   * @param {readonly string[] | undefined} topics
   * @param {number} [extraLength]
   */
  async publish(topics, extraLength = 0) {
    const { events } = this.#history;
    const hasOwnId = this.#random.chance(OWN_ID_PART) && this.#usesOwnIds;
    const isForgetful = hasOwnId && this.#random.chance(FORGETFUL_PART);
    const ownId = hasOwnId ? `p${this.#number}/${events.length}` : undefined;
    const event = this.#history.addEvent({ publisher: this.#number, topics, ownId, extraLength });
    this.#inFlight++;
    try {
      await this.#attempt(event);
      while (hasOwnId && !isAcknowledged(event) && !this.#isStopped) {
        await new Promise((resolve) => setTimeout(resolve, REPEAT_AFTER_MS));
        await this.#attempt(event);
      }
      if (isForgetful && !this.#isStopped) await this.#attempt(event, this.#random.pick(this.#nodes));
    } finally {
      this.#inFlight--;
    }
    return event;
  }

  /** @param {PublishedEvent} event @param {NodeHandle} node */
  async #attempt(event, node = this.#chooseNode()) {
    if (!node.isUp) return;
    /** @type {import("../history.mjs").Attempt} */
    const attempt = { node: node.process, began: this.#history.tick() };
    event.attempts.push(attempt);
    const { topics, ownId } = event;
    const answered = node.publish({ data: dataOf(event), topics, id: ownId }).then(({ id, place, error }) => {
      attempt.answered = this.#history.tick();
      if (id !== undefined) attempt.id = id;
      if (place !== undefined) attempt.position = { epoch: place[0], offset: place[1] };
      if (error !== undefined) attempt.error = error;
      return true;
    });
    this.#watch(node, attempt);
    const hasAnswer = await Promise.race([answered, wait(PATIENCE_MS)]);
    // A publisher that was let down asks somebody else.
    if (!hasAnswer || attempt.error === NODE_GONE) this.#node = this.#random.pick(this.#nodes);
  }

  /** @param {NodeHandle} node @param {import("../history.mjs").Attempt} attempt */
  #watch(node, attempt) {
    const { pauses } = node;
    setTimeout(() => {
      const ranOn = node.process === attempt.node && node.isUp && node.pauses === pauses;
      if (attempt.answered === undefined && ranOn) this.#history.unanswered.push(attempt);
    }, ANSWER_LIMIT_MS).unref();
  }

  #chooseNode() {
    const up = this.#nodes.filter(({ isUp }) => isUp);
    if (up.length > 0 && (!this.#node.isUp || this.#random.chance(0.02))) this.#node = this.#random.pick(up);
    return this.#node;
  }
}

/** @param {number} ms @returns {Promise<false>} */
function wait(ms) {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref();
  });
}
