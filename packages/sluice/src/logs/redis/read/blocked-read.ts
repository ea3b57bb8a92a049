import { sleep } from "../../../base/time/timers.ts";
import type { RedisGate } from "../connection/redis-gate.ts";

/** Pause before a read is unblocked again, in ms. */
const RETRY_PAUSE_MS = 20;

/** A read that waits in Redis for entries, and that another connection can end. */
export class BlockedRead {
  readonly #gate: Pick<RedisGate, "connection">;
  /** Client ID of the connection on which the read is in flight. */
  #id: string | undefined;
  /** Client ID of the connection whose read must end: it began with outdated channels or positions. */
  #outdated: string | undefined;

  /** `gate` has the other connection. */
  constructor(gate: Pick<RedisGate, "connection">) {
    this.#gate = gate;
  }

  began(id: string): void {
    this.#id = id;
  }

  ended(): void {
    this.#id = undefined;
    this.#outdated = undefined;
  }

  /** Ends the read in flight. */
  interrupt(): void {
    this.#outdated = this.#id;
    if (this.#outdated !== undefined) void this.#unblock(this.#outdated);
  }

  async #unblock(id: string): Promise<void> {
    try {
      while (this.#outdated === id) {
        const unblocked = await this.#gate.connection?.send(["CLIENT", "UNBLOCK", id]);
        if (unblocked === 1) return;
        // The read may not have begun to block.
        await sleep(RETRY_PAUSE_MS);
      }
    } catch {
      // If the user lacks the permission, the read ends by itself after BLOCK_MS.
    }
  }
}
