import { setTimeout as pause } from "node:timers/promises";

const INTERVAL_MS = 40;
const AGAIN_AFTER_MS = 100;
const PATIENCE_MS = 2_000;

/** Publishes 1, 2, 3 … at whichever node lives: each until a node has said that the log has it, and only then the next. */
export class Publisher {
  /** The newest number that is acknowledged. */
  last = 0;

  /**
   * @param {readonly string[]} nodes
   * @param {AbortSignal} signal
   */
  async run(nodes, signal) {
    for (let turn = 0; !signal.aborted; turn++) {
      if (await this.#publish(/** @type {string} */ (nodes[turn % nodes.length]), this.last + 1)) {
        this.last++;
        await pause(INTERVAL_MS);
      } else await pause(AGAIN_AFTER_MS);
    }
  }

  /**
   * @param {string} node
   * @param {number} number
   */
  async #publish(node, number) {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const { status } = await fetch(`${node}?id=event-${number}&data=${number}`, { method: "POST", signal });
      return status === 204;
    } catch {
      // Perhaps it went through, and perhaps not: it is published again, with the same ID.
      return false;
    }
  }
}
