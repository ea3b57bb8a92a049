import { setTimeout as pause } from "node:timers/promises";
import { createParser } from "sluice/protocol";

/**
 * Follows the numbers at whichever node lives: as a browser's `EventSource` does, but with more than one address. It comes back with
 * its last event ID, and counts what is not as it should be: the numbers are 1, 2, 3 …
 */
export class Subscriber {
  /** The newest number. */
  last = 0;
  received = 0;
  missing = 0;
  twice = 0;
  gaps = 0;
  #retryMs = 300;
  #parser = createParser({
    onEvent: ({ type, data }) => this.#take(type, data),
    onRetry: (ms) => {
      this.#retryMs = ms;
    },
  });

  /**
   * @param {readonly string[]} nodes
   * @param {number} first where to begin
   * @param {AbortSignal} signal
   */
  async run(nodes, first, signal) {
    for (let turn = first; !signal.aborted; turn++) {
      try {
        await this.#read(/** @type {string} */ (nodes[turn % nodes.length]), signal);
      } catch {
        // The node is not there, or not there any more. The next one is.
      }
      await pause(this.#retryMs, undefined, { signal }).catch(() => {});
    }
  }

  /**
   * @param {string} node
   * @param {AbortSignal} signal
   */
  async #read(node, signal) {
    const { lastEventId } = this.#parser;
    const headers = { accept: "text/event-stream", ...(lastEventId && { "last-event-id": lastEventId }) };
    const { status, body } = await fetch(node, { headers, signal });
    if (status !== 200 || body === null) throw new Error(`${node} answered ${status}`);
    this.#parser.reset();
    for await (const chunk of body) this.#parser.push(chunk);
  }

  /**
   * @param {string} type
   * @param {string} data
   */
  #take(type, data) {
    if (type === "gap") {
      this.gaps++;
      return;
    }
    const number = Number(data);
    this.received++;
    if (number <= this.last) this.twice++;
    else this.missing += number - this.last - 1;
    this.last = Math.max(this.last, number);
  }
}
