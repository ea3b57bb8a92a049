/** Parts of scenarios. Runs in every runtime that the client runs in, so it is plain JavaScript. */

/**
 * Opens an event source, and resolves to its log: `["open", readyState]`, `["error", readyState]`, and
 * `[type, data, lastEventId]` for a message. Then closes the source.
 *
 * @param {{ EventSource: typeof import("../../../src/client/index.ts").EventSource }} client
 * @param {string} url
 * @param {object} setup
 * @param {object} [setup.options] Options of the source.
 * @param {readonly string[]} [setup.types] Types of messages to listen to besides `message`.
 * @param {number | ((log: unknown[][]) => boolean)} setup.until The number of entries, or a condition.
 * @param {number} [setup.wait] Time to go on recording after that, in ms.
 */
export function record({ EventSource }, url, { options, types = [], until, wait = 0 }) {
  const log = [];
  const source = new EventSource(url, options);
  return new Promise((resolve) => {
    const add = (entry) => {
      log.push(entry);
      if (typeof until === "number" ? log.length !== until : !until(log)) return;
      setTimeout(() => {
        source.close();
        resolve(log);
      }, wait);
    };
    source.onopen = () => add(["open", source.readyState]);
    source.onerror = () => add(["error", source.readyState]);
    for (const type of ["message", ...types])
      source.addEventListener(type, (event) => add([event.type, event.data, event.lastEventId]));
  });
}

/** Resolves when the source has dispatched an event of this type, to that event. */
export function next(source, type) {
  return new Promise((resolve) => source.addEventListener(type, resolve, { once: true }));
}

/** Resolves after `ms` milliseconds. */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Runs the text of a scenario. It sees the built client, the parts above, and its argument. */
export async function runScenario(client, source, argument) {
  const scenario = new Function(`return (${source});`)();
  return scenario({ ...client, record, next, sleep }, argument);
}
