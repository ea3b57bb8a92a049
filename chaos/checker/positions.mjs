// @ts-check
import { findPossibleRepeats } from "./own-ids.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").Position} Position */
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */

/**
 * Parses an event ID that the log made; returns `undefined` for any other.
 * @param {string} id
 * @returns {Position | undefined}
 */
export function parsePosition(id) {
  const match = /^([0-9a-z]{1,32})-(0|[1-9][0-9]*)$/.exec(id);
  return match === null ? undefined : { epoch: /** @type {string} */ (match[1]), offset: Number(match[2]) };
}

/**
 * The offset of a position as seen from another life of the log. `"lost"`: that life does not have the event.
 * `"later"`: the event is newer than that life. `undefined`: unknown.
 * @typedef {number | "lost" | "later" | undefined} OffsetInLife
 */

/** The positions of events, and how they carry over from one life of the log to the next. */
export class Positions {
  #lives;
  /** True if the store may lose events that no process knows any more. */
  #mayForget;
  /** @type {Map<string, PublishedEvent>} */
  #byOwnId = new Map();
  #possibleRepeats;
  #openings;
  /** The processes that delivered an event, with the ticks, by its key. @type {Map<number, [string, number][]>} */
  #deliveredBy = new Map();

  /** @param {History} history */
  constructor(history) {
    this.#lives = history.lives;
    this.#openings = history.openings;
    this.#mayForget = history.storeLostData && !history.showsLoss;
    for (const event of history.events) if (event.ownId !== undefined) this.#byOwnId.set(event.ownId, event);
    this.#possibleRepeats = findPossibleRepeats(history);
    for (const { seen } of history.subscribers) {
      let node = "";
      for (const each of seen) {
        if (each.kind === "opened") node = each.node;
        if (each.kind !== "event") continue;
        const deliveries = this.#deliveredBy.get(each.key) ?? [];
        deliveries.push([node, each.tick]);
        this.#deliveredBy.set(each.key, deliveries);
      }
    }
  }

  /**
   * Returns the positions at which an event was acknowledged. It has several if it was lost and published again.
   * @param {PublishedEvent} event
   */
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

  /**
   * Returns true if the log may have the event twice. Its ID then means the later one.
   * @param {PublishedEvent | undefined} event
   */
  mayBeRepeated(event) {
    return event !== undefined && this.#possibleRepeats.has(event);
  }

  /** Returns true if the ID belongs to an event that the log may have twice. @param {string} id */
  mayBeIdOfRepeated(id) {
    return this.mayBeRepeated(this.eventWithOwnId(id));
  }

  /** Returns the event to which its publisher gave this ID. @param {string} id */
  eventWithOwnId(id) {
    return this.#byOwnId.get(id);
  }

  /**
   * Returns the positions that an event ID may mean: one for an ID that the log made, several or none for another.
   * @param {string} id
   */
  positionsOfId(id) {
    const position = parsePosition(id);
    if (position !== undefined) return [position];
    const event = this.eventWithOwnId(id);
    return event === undefined || this.mayBeRepeated(event) ? [] : this.positionsOf(event);
  }

  /**
   * Maps a position to the life of the log with this epoch.
   * @param {Position} position
   * @param {string} epoch
   * @returns {OffsetInLife}
   */
  offsetIn(position, epoch) {
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
   * Returns true if the life with this epoch is known not to hold a position of an earlier life.
   * @param {Position} position
   * @param {string} epoch
   */
  isEndedIn(position, epoch) {
    const life = this.#lives.find((each) => each.epoch === epoch);
    return life?.holds.has(position.epoch) === true && this.offsetIn(position, epoch) === "lost";
  }

  /**
   * Returns the position of an ID if it can mean only one.
   * @param {string} id
   * @returns {Position | undefined}
   */
  onlyPositionOf(id) {
    const isKnown = this.eventWithOwnId(id)?.attempts.every(({ position }) => position !== undefined) ?? true;
    const [position, ...others] = this.positionsOfId(id);
    return isKnown && others.length === 0 ? position : undefined;
  }

  /**
   * Returns true if the store lost the event, and no process that knew the event entered a life without it. Then no
   * node can know of the loss.
   * @param {PublishedEvent} event
   */
  isForgotten(event) {
    if (this.#lives.length === 0 || !this.#mayForget) return false;
    return event.attempts.every(({ position }) => {
      if (position === undefined) return true;
      const lives = this.#livesWithout(position);
      return lives.length > 0 && !lives.some((life) => this.#isSeenByKnowing(event, life));
    });
  }

  /**
   * Returns true if a process that knew the event has entered the life `now` or an earlier one, and the life `passed`
   * had lost the event before. A subscriber that was in `passed` receives the gap only in `now`: its node may have
   * missed the lives between them.
   * @param {PublishedEvent} event
   * @param {string} passed an epoch
   * @param {string} now an epoch
   */
  isLossDetectedIn(event, passed, now) {
    return this.positionsOf(event).every((position) => {
      const lives = this.#livesWithout(position);
      const first = lives.findIndex((life) => this.#isSeenByKnowing(event, life));
      const last = lives.findIndex(({ epoch }) => epoch === now);
      if (passed === now || first < 0 || last < first) return false;
      const isVoid = lives.slice(first, last + 1).every(({ holds }) => (holds.get(passed) ?? -1) < 0);
      return isVoid && lives.some(({ epoch }) => epoch === passed);
    });
  }

  /** Returns the first life that has lost a position, and all later lives. @param {Position} position */
  #livesWithout(position) {
    const then = this.#lives.findIndex(({ epoch }) => epoch === position.epoch);
    const first = this.#lives.findIndex(({ epoch }, i) => i > then && this.offsetIn(position, epoch) === "lost");
    return first < 0 ? [] : this.#lives.slice(first);
  }

  /**
   * Returns true if a process that acknowledged or delivered the event entered the life, and knew of the event then.
   * With a closed channel it forgets the event, unless it opens the channel in a life that has the event.
   * @param {PublishedEvent} event
   * @param {import("../history.mjs").LifeSeen} life
   */
  #isSeenByKnowing(event, { seenBy }) {
    const positions = this.positionsOf(event);
    const has = (/** @type {string} */ epoch) =>
      positions.some((position) => typeof this.offsetIn(position, epoch) === "number");
    const acknowledged = event.attempts.filter(({ position }) => position !== undefined);
    const known = acknowledged.map(({ node, answered = 0 }) => /** @type {const} */ ([node, answered]));
    return [...known, ...(this.#deliveredBy.get(event.key) ?? [])].some(([process, knew]) => {
      const entered = seenBy.get(process);
      if (entered === undefined) return false;
      const [from, to] = [Math.min(knew, entered), Math.max(knew, entered)];
      const openings = this.#openings.filter(
        (each) => each.process === process && each.tick >= from && each.tick <= to,
      );
      return openings.every(({ epoch }) => has(epoch));
    });
  }
}
