// @ts-check
import { positionIn } from "./combined-parts.mjs";
import { textOf } from "./event-data.mjs";

/** @typedef {import("../history.mjs").History} History */

/**
 * @typedef {object} ViewOptions
 * @property {History} history of the channel
 * @property {string} name of the subscriber
 * @property {import("../history.mjs").SubscriberHistory["topics"]} topics
 * @property {string} [part] the channel's part in combined streams
 */

/** One channel as a subscriber sees it. Records what the checker judges. */
export class ChannelView {
  /** The part in combined streams; `undefined` if the stream has this channel alone. */
  part;
  record;
  #history;
  /** The position before the current block. */
  #before = "";
  /** True if the current block had an event of the channel. */
  #hadEvent = false;

  /** @param {ViewOptions} options */
  constructor({ history, name, topics, part }) {
    this.part = part;
    this.#history = history;
    this.record = history.addSubscriber(name, topics);
  }

  get history() {
    return this.#history;
  }

  /** Returns true if a received event is of this channel. @param {string} type @param {string} data */
  has(type, data) {
    if (this.part === undefined) return true;
    return type === "gap" ? JSON.parse(data).channel === this.part : type.startsWith(`${this.part}.`);
  }

  /** @param {string} node @param {string} lastEventId */
  opened(node, lastEventId) {
    this.record.seen.push({ kind: "opened", tick: this.#history.tick(), node, lastEventId: this.#own(lastEventId) });
  }

  /** @param {string} why */
  closed(why) {
    this.record.seen.push({ kind: "closed", tick: this.#history.tick(), why });
  }

  /** @param {string} lastEventId before the block */
  beginBlock(lastEventId) {
    this.#before = this.#own(lastEventId);
    this.#hadEvent = false;
  }

  /** Records a block that has only moved the position. @param {string} lastEventId after the block */
  endBlock(lastEventId) {
    const id = this.#own(lastEventId);
    if (this.#hadEvent || id === this.#before) return;
    this.record.seen.push({ kind: "position", tick: this.#history.tick(), id });
  }

  /** @param {import("sluice/protocol").ParsedEvent} event */
  receive({ type, data, lastEventId }) {
    this.#hadEvent = true;
    const id = this.#own(lastEventId);
    const tick = this.#history.tick();
    if (type === "gap") {
      const { reason, lastEventId: reported, resumesAfter } = JSON.parse(data);
      const gap = { tick, id, before: this.#before, reason, lastEventId: reported, resumesAfter };
      this.record.seen.push({ kind: "gap", ...gap });
    } else {
      const { key } = JSON.parse(data);
      this.record.seen.push({ kind: "event", tick, id, key, intact: this.#isIntact(key, data) });
    }
  }

  /** Returns the position in this channel. @param {string} id */
  #own(id) {
    return this.part === undefined ? id : positionIn(id, this.part);
  }

  /** @param {number} key @param {string} data */
  #isIntact(key, data) {
    const event = this.#history.events[key];
    return event !== undefined && data === textOf(event);
  }
}
