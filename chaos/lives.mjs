// @ts-check
/**
 * @typedef {object} LifeSeen a life of the log
 * @property {string} epoch
 * @property {Map<string, number>} holds the offset up to which positions of each earlier epoch are still valid; -1 if
 * none is
 * @property {number} tick
 * @property {Map<string, number>} seenBy the processes that entered it, with the tick at which each did first
 */

/** The lives of a log, in order, as processes report them. */
export class Lives {
  /** @type {LifeSeen[]} */
  all = [];
  /** The life that each process entered last. @type {Map<string, LifeSeen>} */
  #lastOf = new Map();

  /**
   * Records that a process entered a life.
   * @param {string} process
   * @param {{ epoch: string, holds: Record<string, number>, tick: number }} entered
   */
  enter(process, { epoch, holds, tick }) {
    let life = this.all.find((known) => known.epoch === epoch);
    if (life === undefined) this.all.push((life = { epoch, holds: new Map(), tick, seenBy: new Map() }));
    if (!life.seenBy.has(process)) this.#putInOrder(this.#lastOf.get(process), life);
    this.#lastOf.set(process, life);
    if (!life.seenBy.has(process)) life.seenBy.set(process, tick);
    // A log may forget an epoch after all of its events are trimmed. Its first answer stays valid.
    for (const [earlier, through] of Object.entries(holds)) {
      if (!life.holds.has(earlier)) life.holds.set(earlier, through);
    }
  }

  /**
   * Puts the life `before` in front of `life`. A process that stood still reports it late, after the next one.
   * @param {LifeSeen | undefined} before
   * @param {LifeSeen} life
   */
  #putInOrder(before, life) {
    if (before === undefined) return;
    const [from, to] = [this.all.indexOf(before), this.all.indexOf(life)];
    if (from > to) this.all.splice(to, 0, ...this.all.splice(from, 1));
  }
}
