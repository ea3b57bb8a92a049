// @ts-check
import { Random } from "../random.mjs";
import { Follower } from "./follower.mjs";

/** @typedef {import("../cluster/node-handle.mjs").NodeHandle} NodeHandle */
/** @typedef {import("../history.mjs").History} History */

const EVERY_MS = 700;
/** How long a job takes, in ms: long enough for its node to die of something. */
const LASTS_MS = { least: 200, most: 6_000 };
const FOLLOWERS = 2;

/** Starts jobs on whichever node, and has each followed from others. */
export class JobStarter {
  #history;
  #nodes;
  #random;
  /** @type {Follower[]} */
  #followers = [];
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {History} history @param {readonly NodeHandle[]} nodes @param {import("../random.mjs").Random} random */
  constructor(history, nodes, random) {
    this.#history = history;
    this.#nodes = nodes;
    this.#random = random;
  }

  start() {
    this.#timer = setInterval(() => void this.#startJob(), EVERY_MS);
  }

  /** Starts no more; those that run go on. */
  stop() {
    clearInterval(this.#timer);
  }

  leave() {
    for (const follower of this.#followers) follower.stop();
  }

  async #startJob() {
    const node = this.#random.pick(this.#nodes);
    const ms = this.#random.whole(LASTS_MS.least, LASTS_MS.most);
    const seeds = Array.from({ length: FOLLOWERS }, () => this.#random.whole(0, 2 ** 31));
    if (!node.isUp || node.isPaused) return;
    const job = this.#history.addJob(node.process);
    const { error } = await node.startJob(job.id, ms);
    // One of which nobody else was told, and that may never have been.
    if (error !== undefined) return;
    for (const seed of seeds) {
      /** @type {import("../history.mjs").FollowerHistory} */
      const record = { answers: [], ends: [], gaps: 0 };
      job.followers.push(record);
      const follower = new Follower(record, job.id, this.#nodes, new Random(seed));
      this.#followers.push(follower);
      follower.connect();
    }
  }
}
