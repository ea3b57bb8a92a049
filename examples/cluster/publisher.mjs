import { setTimeout as sleep } from "node:timers/promises";

const INTERVAL_MS = 40;
const RETRY_DELAY_MS = 100;
const REQUEST_TIMEOUT_MS = 2_000;

/** Publishes 1, 2, 3 … at any live node. It retries each number until a node acknowledges that the log has it. */
export class Publisher {
  /** The newest acknowledged number. */
  last = 0;

  /**
   * Publishes until the signal aborts.
   * @param {readonly string[]} nodes
   * @param {AbortSignal} signal
   */
  async run(nodes, signal) {
    for (let attempt = 0; !signal.aborted; attempt++) {
      if (await this.#publish(/** @type {string} */ (nodes[attempt % nodes.length]), this.last + 1)) {
        this.last++;
        await sleep(INTERVAL_MS);
      } else await sleep(RETRY_DELAY_MS);
    }
  }

  /**
   * @param {string} node
   * @param {number} number
   */
  async #publish(node, number) {
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const { status } = await fetch(`${node}?id=event-${number}&data=${number}`, { method: "POST", signal });
      return status === 204;
    } catch {
      // The log may or may not have the event. Retry with the same ID, so that it is stored once.
      return false;
    }
  }
}
