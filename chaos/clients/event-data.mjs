// @ts-check
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */

const MAX_PADDING_CHARS = 200;
const PADDING = "·"; // two bytes in UTF-8

/**
 * Returns the data of an event. All of it follows from the event's record, so that a subscriber can detect any change.
 * @param {PublishedEvent} event
 */
export function dataOf({ key, extraLength }) {
  return { key, pad: PADDING.repeat(((key * 7) % MAX_PADDING_CHARS) + extraLength) };
}

/** Returns the data of an event as the log has it. @param {PublishedEvent} event */
export function textOf(event) {
  return JSON.stringify(dataOf(event));
}
