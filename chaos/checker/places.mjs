// @ts-check
import { findRenewed } from "./own-ids.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").Position} Position */
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */

/** @param {string} id @returns {Position | undefined} */
export function parsePosition(id) {
  const match = /^([0-9a-z]{1,32})-(0|[1-9][0-9]*)$/.exec(id);
  return match === null ? undefined : { epoch: /** @type {string} */ (match[1]), offset: Number(match[2]) };
}

/**
 * Where an event is, seen from another life of the log: at an offset, since it survived; `"lost"`, since it did not; `"later"`, since
 * it came after that life; `undefined`, when nobody can say.
 * @typedef {number | "lost" | "later" | undefined} Place
 */

/** What became of positions from one life of the log to the next. */
export class Places {
  #lives;
  #showsLoss;
  #ownIds;
  #renewed;
  /** Which processes had an event, as far as somebody got it from them. @type {Map<number, Set<string>>} */
  #knowing = new Map();

  /** @param {History} history */
  constructor(history) {
    this.#lives = history.lives;
    this.#showsLoss = history.showsLoss;
    /** @type {Map<string, PublishedEvent>} */
    this.#ownIds = new Map();
    for (const event of history.events) if (event.ownId !== undefined) this.#ownIds.set(event.ownId, event);
    this.#renewed = findRenewed(history);
    for (const { seen } of history.subscribers) {
      let node = "";
      for (const each of seen) {
        if (each.kind === "opened") node = each.node;
        if (each.kind !== "event") continue;
        const knowing = this.#knowing.get(each.key) ?? new Set();
        this.#knowing.set(each.key, knowing.add(node));
      }
    }
  }

  /** The positions that an event was acknowledged with: more than one where it was lost and published again. @param {PublishedEvent} event */
  positionsOf(event) {
    /** @type {Position[]} */
    const positions = [];
    for (const { position } of event.attempts) {
      if (position === undefined) continue;
      const isKnown = positions.some(({ epoch, offset }) => epoch === position.epoch && offset === position.offset);
      if (!isKnown) positions.push(position);
    }
    return positions;
  }

  /** Whether it may be in the log twice, and its ID stands for the later one. @param {PublishedEvent} event */
  isRenewed(event) {
    return this.#renewed.has(event);
  }

  /** Whether it is the ID of such an event. @param {string} id */
  isTwofold(id) {
    const event = this.eventOfId(id);
    return event !== undefined && this.isRenewed(event);
  }

  /** The event whose publisher's own ID it is. @param {string} id */
  eventOfId(id) {
    return this.#ownIds.get(id);
  }

  /** The positions that an event ID may stand for: one, unless it is a publisher's own; none, where nobody knows. @param {string} id */
  positionsOfId(id) {
    const position = parsePosition(id);
    if (position !== undefined) return [position];
    const event = this.eventOfId(id);
    return event === undefined || this.isRenewed(event) ? [] : this.positionsOf(event);
  }

  /** @param {Position} position @param {string} epoch @returns {Place} */
  in(position, epoch) {
    if (position.epoch === epoch) return position.offset;
    const then = this.#lives.findIndex((life) => life.epoch === position.epoch);
    const now = this.#lives.findIndex((life) => life.epoch === epoch);
    const life = this.#lives[now];
    if (then < 0 || life === undefined) return undefined;
    if (then > now) return "later";
    const through = life.holds.get(position.epoch);
    return through !== undefined && position.offset <= through ? position.offset : "lost";
  }

  /**
   * Whether the store lost an event, and with it, or before it came back, went all processes that it had acknowledged it to: then nobody is left
   * who could know.
   * @param {PublishedEvent} event
   */
  isForgotten(event) {
    if (this.#lives.length === 0 || this.#showsLoss) return false;
    return event.attempts.every(({ position }) => {
      if (position === undefined) return true;
      const lost = this.#livesWithout(position);
      return lost.length > 0 && !lost.some((life) => this.#isSeenByKnowing(event, life));
    });
  }

  /**
   * Whether a life is the first that was seen by a process that knew of an event which the life `passed` has lost already: whoever was in that is
   * told only then.
   * @param {PublishedEvent} event
   * @param {string} passed
   * @param {string} now
   */
  isFoundOutIn(event, passed, now) {
    return this.positionsOf(event).every((position) => {
      const lost = this.#livesWithout(position);
      const found = lost.find((life) => this.#isSeenByKnowing(event, life));
      return (
        passed !== now && found?.epoch === now && !found.holds.has(passed) && lost.some(({ epoch }) => epoch === passed)
      );
    });
  }

  /** The lives from the one on that has lost a position. @param {Position} position */
  #livesWithout(position) {
    const then = this.#lives.findIndex(({ epoch }) => epoch === position.epoch);
    const lost = this.#lives.findIndex(({ epoch }, i) => i > then && this.in(position, epoch) === "lost");
    return lost < 0 ? [] : this.#lives.slice(lost);
  }

  /** @param {PublishedEvent} event @param {import("../history.mjs").LifeSeen} life */
  #isSeenByKnowing(event, { seenBy }) {
    const acknowledging = event.attempts.filter(({ position }) => position !== undefined).map(({ node }) => node);
    return [...acknowledging, ...(this.#knowing.get(event.key) ?? [])].some((process) => seenBy.has(process));
  }
}
