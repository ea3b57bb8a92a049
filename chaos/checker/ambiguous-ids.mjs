// @ts-check
/**
 * Describes the IDs that mean different events to different parties.
 * @param {import("../history.mjs").History} history
 * @returns {{ key: number, text: string }[]}
 */
export function findAmbiguousIds({ events, subscribers }) {
  /** @type {Map<string, number>} */
  const eventById = new Map();
  /** @type {{ key: number, text: string }[]} */
  const ambiguous = [];
  const record = (/** @type {string} */ id, /** @type {number} */ key, /** @type {string} */ party) => {
    const before = eventById.get(id);
    if (before === undefined) eventById.set(id, key);
    else if (before !== key) ambiguous.push({ key, text: `${id} is event ${before}, and event ${key} to ${party}` });
  };
  for (const { key, publisher, attempts } of events) {
    for (const { id, position } of attempts) {
      if (id === undefined) continue;
      record(id, key, `publisher ${publisher}`);
      if (position !== undefined) record(`${position.epoch}-${position.offset}`, key, "the log");
    }
  }
  for (const { name, seen } of subscribers) {
    for (const each of seen) if (each.kind === "event") record(each.id, each.key, name);
  }
  return ambiguous;
}
