// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { isDone } from "../checker/deletions.mjs";
import { expectAnswer } from "./expect-answer.mjs";

/** @typedef {import("../cluster/node-handle.mjs").NodeHandle} NodeHandle */
/** @typedef {import("../history.mjs").History} History */

/**
 * @typedef {object} DeletionHistory a call of `delete`
 * @property {string} node the process that was called
 * @property {number} began in ticks
 * @property {number} [answered] in ticks
 * @property {string} [error]
 *
 * @typedef {object} DeleterOptions
 * @property {History} history of the channel
 * @property {readonly NodeHandle[]} nodes
 * @property {import("../random.mjs").Random} random
 * @property {{ least: number, most: number }} pause the time between two deletions, in ms
 */

/** The share of the deletions that all nodes begin at the same moment. */
const AT_ONCE_SHARE = 0.2;
const REPEAT_AFTER_MS = 200;
/** A deleter that receives no answer for this time repeats the call, in ms. */
const PATIENCE_MS = 6_000;

/** Deletes a channel again and again, and repeats each deletion until it succeeds. */
export class Deleter {
  #history;
  #nodes;
  #random;
  #pause;
  #isStopped = false;
  #running = Promise.resolve();

  /** @param {DeleterOptions} options */
  constructor({ history, nodes, random, pause }) {
    this.#history = history;
    this.#nodes = nodes;
    this.#random = random;
    this.#pause = pause;
  }

  get history() {
    return this.#history;
  }

  start() {
    this.#running = this.#run();
  }

  /** Starts no more deletions, and resolves when none is running. */
  async stop() {
    this.#isStopped = true;
    await this.#running;
  }

  /** Deletes the channel once. Returns true if a node answered that it did. */
  async delete(node = this.#random.pick(this.#nodes)) {
    if (!node.isUp) return false;
    /** @type {DeletionHistory} */
    const deletion = { node: node.process, began: this.#history.tick() };
    this.#history.deletions.push(deletion);
    expectAnswer(this.#history, node, { call: "delete", attempt: deletion });
    const answered = node.delete(this.#history.channel).then(({ error }) => {
      deletion.answered = this.#history.tick();
      if (error !== undefined) deletion.error = error;
      this.#history.note(`${deletion.node} ${error === undefined ? "deleted" : "did not delete"} it`);
    });
    await Promise.race([answered, wait(PATIENCE_MS, undefined, { ref: false })]);
    return isDone(deletion);
  }

  async #run() {
    while (!this.#isStopped) {
      await wait(this.#random.whole(this.#pause.least, this.#pause.most));
      if (this.#isStopped) return;
      if (this.#random.chance(AT_ONCE_SHARE)) await Promise.all(this.#nodes.map((node) => this.delete(node)));
      while (!this.#isStopped && !(await this.delete())) await wait(REPEAT_AFTER_MS);
    }
  }
}
