// @ts-check
import { readdirSync, readFileSync } from "node:fs";

/** A shorter time counts with the next one. */
const SAMPLE_EVERY_MS = 200;
/** The least share of the time that counts, however long the processes wait for a processor. */
const LEAST_SHARE = 0.1;
const NS_PER_MS = 1e6;

/**
 * Measures the time in which processes could run. The time in which one of them waited for a processor does not count:
 * on a busy machine a process may have a tenth of one. A process that hangs, or waits for a lock, does not wait for a
 * processor. Where the system does not measure this, all time counts.
 */
export class RunTime {
  #pids;
  #waitsOf;
  #now;
  #elapsed = 0;
  #sampledAt;
  /** By process and thread, in ms. @type {Map<string, number>} */
  #waits = new Map();

  /**
   * @param {() => readonly number[]} pids returns the processes
   * @param {{ waitsOf?: (pid: number) => Map<string, number>, now?: () => number }} [measures] for tests
   */
  constructor(pids, { waitsOf = waitsOfThreads, now = () => performance.now() } = {}) {
    this.#pids = pids;
    this.#waitsOf = waitsOf;
    this.#now = now;
    this.#sampledAt = now();
    this.#longestWait();
  }

  /** The time so far in which the processes could run, in ms. */
  get elapsed() {
    const now = this.#now();
    const passed = now - this.#sampledAt;
    if (passed >= SAMPLE_EVERY_MS) {
      this.#sampledAt = now;
      this.#elapsed += Math.max(passed - this.#longestWait(), passed * LEAST_SHARE);
    }
    return this.#elapsed;
  }

  /** Returns the longest time that a thread has waited for a processor since the last call. */
  #longestWait() {
    let longest = 0;
    /** @type {Map<string, number>} */
    const waits = new Map();
    for (const pid of this.#pids()) {
      for (const [thread, wait] of this.#waitsOf(pid)) {
        waits.set(thread, wait);
        longest = Math.max(longest, wait - (this.#waits.get(thread) ?? wait));
      }
    }
    this.#waits = waits;
    return longest;
  }
}

/**
 * Starts a limit of `ms` in which all nodes could run. The function it returns returns false when the limit is over.
 * @param {readonly { runTime: RunTime }[]} nodes
 * @param {number} ms
 */
export function startLimit(nodes, ms) {
  const ends = nodes.map(({ runTime }) => runTime.elapsed + ms);
  return () => nodes.some(({ runTime }, i) => runTime.elapsed < /** @type {number} */ (ends[i]));
}

/**
 * Returns how long each thread of a process has waited for a processor, in ms.
 * @param {number} pid
 * @returns {Map<string, number>}
 */
function waitsOfThreads(pid) {
  /** @type {Map<string, number>} */
  const waits = new Map();
  const folder = `/proc/${pid}/task`;
  try {
    for (const thread of readdirSync(folder)) {
      const [, wait] = readFileSync(`${folder}/${thread}/schedstat`, "utf8").split(" ");
      waits.set(thread, Number(wait) / NS_PER_MS);
    }
  } catch {
    // The process has ended, or the system is not Linux.
  }
  return waits;
}
