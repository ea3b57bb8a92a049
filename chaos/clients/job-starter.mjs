// @ts-check
import { Random } from "../random.mjs";
import { JobFollower } from "./job-follower.mjs";

/** @typedef {import("../cluster/node-handle.mjs").NodeHandle} NodeHandle */
/** @typedef {import("../history.mjs").History} History */

const START_INTERVAL_MS = 700;
/** The duration of a job, in ms: long enough for a fault to hit its node. */
const LASTS_MS = { least: 200, most: 6_000 };
const FOLLOWERS = 2;

/** Starts jobs on random nodes, and followers of each job. */
export class JobStarter {
  #history;
  #nodes;
  #random;
  /** @type {JobFollower[]} */
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
    this.#timer = setInterval(() => void this.#startJob(), START_INTERVAL_MS);
  }

  /** Starts no more jobs. Running jobs and their followers continue. */
  stop() {
    clearInterval(this.#timer);
  }

  stopFollowers() {
    for (const follower of this.#followers) follower.stop();
  }

  async #startJob() {
    const node = this.#random.pick(this.#nodes);
    const ms = this.#random.whole(LASTS_MS.least, LASTS_MS.most);
    const seeds = Array.from({ length: FOLLOWERS }, () => this.#random.whole(0, 2 ** 31));
    if (!node.isUp || node.isPaused) return;
    const job = this.#history.addJob(node.process);
    const { error } = await node.startJob(job.id, ms);
    // The other nodes may not know this job, so nothing is promised for it.
    if (error !== undefined) return;
    for (const seed of seeds) {
      /** @type {import("../history.mjs").FollowerHistory} */
      const record = { answers: [], ends: [], gaps: 0 };
      job.followers.push(record);
      const follower = new JobFollower(record, job.id, this.#nodes, new Random(seed));
      this.#followers.push(follower);
      follower.connect();
    }
  }
}
