// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { NODE_GONE } from "../cluster/node-handle.mjs";
import { isAcknowledged } from "../history.mjs";
import { dataOf } from "./event-data.mjs";
import { expectAnswer } from "./expect-answer.mjs";

/** @typedef {import("../cluster/node-handle.mjs").NodeHandle} NodeHandle */
/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */
/** @typedef {import("../history.mjs").Attempt} Attempt */

/** Topics of events; `undefined`: the event is for all subscribers. */
const TOPICS = [undefined, undefined, undefined, ["a"], ["b"], ["a", "b"], ["c"]];
/** The share of events with an ID of the publisher's own. The publisher repeats them until they are acknowledged. */
const OWN_ID_SHARE = 0.25;
/** The share of these that the publisher repeats once more after the acknowledgement. */
const NEEDLESS_REPEAT_SHARE = 0.2;
/** The share of publishes that are calls of `publishAll`, and the greatest number of their events. */
const BATCH_SHARE = 0.05;
const MAX_BATCH_EVENTS = 12;
const TICK_MS = 20;
const MAX_IN_FLIGHT = 100;
/** A publisher that receives no answer for this time changes to another node, in ms. */
const PATIENCE_MS = 6_000;
const REPEAT_AFTER_MS = 150;

/**
 * @typedef {object} PublisherOptions
 * @property {History} history
 * @property {number} number
 * @property {readonly NodeHandle[]} nodes
 * @property {import("../random.mjs").Random} random
 * @property {number} perSecond events per second
 * @property {boolean} usesOwnIds
 */

/** Publishes numbered events through the nodes, several at a time. */
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

  /** @param {PublisherOptions} options */
  constructor({ history, number, nodes, random, perSecond, usesOwnIds }) {
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
      for (; this.#due >= 1; this.#due--) {
        if (this.#inFlight >= MAX_IN_FLIGHT) continue;
        const topics = this.#random.pick(TOPICS);
        if (this.#random.chance(BATCH_SHARE)) void this.publishAll(topics, this.#random.whole(2, MAX_BATCH_EVENTS));
        else void this.publish(topics);
      }
    }, TICK_MS);
  }

  /**
   * Publishes many events at once.
   * @param {{ events: number, topics: readonly string[], extraLength: number }} burst
   */
  burst({ events, topics, extraLength }) {
    for (let i = 0; i < events; i++) void this.publish(topics, extraLength);
  }

  /** Starts no more events, and resolves when none is in flight. */
  async stop() {
    this.#isStopped = true;
    clearInterval(this.#timer);
    while (this.#inFlight > 0) await wait(TICK_MS);
  }

  /**
   * Publishes the next event. If it has an own ID, repeats it until it is acknowledged.
   * @param {readonly string[] | undefined} topics
   * @param {number} [extraLength]
   */
  async publish(topics, extraLength = 0) {
    const { events } = this.#history;
    const hasOwnId = this.#random.chance(OWN_ID_SHARE) && this.#usesOwnIds;
    const repeatsNeedlessly = hasOwnId && this.#random.chance(NEEDLESS_REPEAT_SHARE);
    const ownId = hasOwnId ? `p${this.#number}/${events.length}` : undefined;
    const event = this.#history.addEvent({ publisher: this.#number, topics, ownId, extraLength });
    this.#inFlight++;
    try {
      await this.#attempt(event);
      while (hasOwnId && !isAcknowledged(event) && !this.#isStopped) {
        await wait(REPEAT_AFTER_MS);
        await this.#attempt(event);
      }
      if (repeatsNeedlessly && !this.#isStopped) await this.#attempt(event, this.#random.pick(this.#nodes));
    } finally {
      this.#inFlight--;
    }
    return event;
  }

  /** Publishes the next events at once. @param {readonly string[] | undefined} topics @param {number} size */
  async publishAll(topics, size) {
    const node = this.#chooseNode();
    if (!node.isUp) return;
    const { channel } = this.#history;
    const events = this.#history.addBatch({ publisher: this.#number, topics }, size);
    this.#inFlight++;
    try {
      const attempts = events.map((event) => this.#begin(event, node));
      const answered = node
        .publishAll({ channel, data: events.map(dataOf), topics })
        .then(({ ids, positions, error }) => {
          for (const [i, attempt] of attempts.entries())
            this.#answered(attempt, { id: ids?.[i], position: positions?.[i], error });
        });
      await this.#answer(node, /** @type {Attempt} */ (attempts[0]), answered);
    } finally {
      this.#inFlight--;
    }
  }

  /** @param {PublishedEvent} event @param {NodeHandle} node */
  async #attempt(event, node = this.#chooseNode()) {
    if (!node.isUp) return;
    const attempt = this.#begin(event, node);
    const { topics, ownId } = event;
    const { channel } = this.#history;
    const answered = node
      .publish({ channel, data: dataOf(event), topics, id: ownId })
      .then((answer) => this.#answered(attempt, answer));
    await this.#answer(node, attempt, answered);
  }

  /** @param {PublishedEvent} event @param {NodeHandle} node */
  #begin(event, node) {
    /** @type {Attempt} */
    const attempt = { node: node.process, began: this.#history.tick() };
    event.attempts.push(attempt);
    return attempt;
  }

  /** @param {Attempt} attempt @param {import("../cluster/node-handle.mjs").PublishAnswer} answer */
  #answered(attempt, { id, position, error }) {
    attempt.answered = this.#history.tick();
    if (id !== undefined) attempt.id = id;
    if (position !== undefined) attempt.position = position;
    if (error !== undefined) attempt.error = error;
  }

  /**
   * Waits for the answer. Without one, changes to another node.
   * @param {NodeHandle} node
   * @param {Attempt} attempt
   * @param {Promise<void>} answered
   */
  async #answer(node, attempt, answered) {
    expectAnswer(this.#history, node, { call: "publish", attempt });
    const noAnswer = Symbol();
    const result = await Promise.race([answered, wait(PATIENCE_MS, noAnswer, { ref: false })]);
    if (result === noAnswer || attempt.error === NODE_GONE) this.#node = this.#random.pick(this.#nodes);
  }

  #chooseNode() {
    const up = this.#nodes.filter(({ isUp }) => isUp);
    if (up.length > 0 && (!this.#node.isUp || this.#random.chance(0.02))) this.#node = this.#random.pick(up);
    return this.#node;
  }
}
