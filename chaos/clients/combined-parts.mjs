// @ts-check

/** The parts of a combined stream. The checker judges `main` and `doc`. */
export const MAIN = "main";
export const SIDE = "side";
export const DOC = "doc";

/**
 * Returns the position of a part in a combined event ID; `""` if the ID has none. It does not use the library's parser,
 * so it cannot share its bugs.
 * @param {string} id
 * @param {string} part
 */
export function positionIn(id, part) {
  const found = id.split("~").find((each) => each.startsWith(`${part}.`));
  return found === undefined ? "" : found.slice(part.length + 1);
}

/**
 * The second channel, as one combined subscriber sees it. Each node numbers its events there. They come in order and
 * once, unless a gap reports that events were lost.
 */
export class SideWatch {
  #name;
  #mayHaveGaps;
  #faults;
  /** The last number of each node. @type {Map<string, number>} */
  #last = new Map();
  received = 0;

  /**
   * @param {string} name of the subscriber
   * @param {{ mayHaveGaps: boolean, faults: string[] }} options `faults` receives what goes wrong
   */
  constructor(name, { mayHaveGaps, faults }) {
    this.#name = name;
    this.#mayHaveGaps = mayHaveGaps;
    this.#faults = faults;
  }

  /** @param {string} data */
  receive(data) {
    const { node, number } = JSON.parse(data);
    const last = this.#last.get(node) ?? 0;
    if (number <= last) this.#faults.push(`${this.#name}: side event ${number} of ${node} came after ${last}`);
    this.#last.set(node, number);
    this.received++;
  }

  /** @param {string} data */
  gap(data) {
    if (!this.#mayHaveGaps) this.#faults.push(`${this.#name}: a gap of the side channel without a loss: ${data}`);
    this.#last.clear();
  }
}
