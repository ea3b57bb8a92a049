import { setTimeout as sleep } from "node:timers/promises";
import { createParser } from "sluice/protocol";

/**
 * Receives the numbers from any live node, and counts those that are missing or duplicated. Like a browser's
 * `EventSource` it reconnects with its last event ID, but it knows more than one address.
 */
export class Subscriber {
  /** The highest received number. */
  last = 0;
  received = 0;
  missing = 0;
  duplicates = 0;
  gaps = 0;
  #retryMs = 300;
  #parser = createParser({
    onEvent: ({ type, data }) => this.#receive(type, data),
    onRetry: (ms) => {
      this.#retryMs = ms;
    },
  });

  /**
   * Receives until the signal aborts. Each reconnect goes to the next node.
   * @param {readonly string[]} nodes
   * @param {number} first index of the first node
   * @param {AbortSignal} signal
   */
  async run(nodes, first, signal) {
    for (let attempt = first; !signal.aborted; attempt++) {
      try {
        await this.#read(/** @type {string} */ (nodes[attempt % nodes.length]), signal);
      } catch {
        // The node is down, or went down. Try the next node.
      }
      await sleep(this.#retryMs, undefined, { signal }).catch(() => {});
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
    if (status !== 200 || body === null) throw new Error(`${node} answered ${status}.`);
    this.#parser.reset();
    for await (const chunk of body) this.#parser.push(chunk);
  }

  /**
   * @param {string} type
   * @param {string} data
   */
  #receive(type, data) {
    if (type === "gap") {
      this.gaps++;
      return;
    }
    const number = Number(data);
    this.received++;
    if (number <= this.last) this.duplicates++;
    else this.missing += number - this.last - 1;
    this.last = Math.max(this.last, number);
  }
}
