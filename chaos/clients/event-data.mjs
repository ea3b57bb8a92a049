// @ts-check
/** @typedef {import("../history.mjs").PublishedEvent} PublishedEvent */

/** Characters that go with every event, by its key: none to so many. */
const MAX_PAD = 200;
const PAD = "·";

/** The data of an event: all of it follows from what the history has, so that one can tell if anything was changed. @param {PublishedEvent} event */
export function dataOf({ key, extraLength }) {
  return { key, pad: PAD.repeat(((key * 7) % MAX_PAD) + extraLength) };
}

/** @param {PublishedEvent} event */
export function textOf(event) {
  return JSON.stringify(dataOf(event));
}
