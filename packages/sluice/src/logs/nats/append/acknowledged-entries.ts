import { entryBytes, type LogEntry } from "../../log.ts";
import type { HeldBytes } from "../../shared/bounds/held-bytes.ts";

/** Number of entries kept at most. */
const MAX_ENTRIES = 4_096;

/**
 * Entries of this process that NATS acknowledged and the tail has not yet delivered. The tail must deliver exactly
 * these entries at their offsets. A cluster whose servers disagree, or that lost acknowledged entries, has other
 * entries there. Only this comparison detects it. It leaves out the entries beyond the limits.
 */
export class AcknowledgedEntries {
  readonly #entries = new Map<number, LogEntry>();
  readonly #held: HeldBytes;

  /** `held`: the bytes that all channels hold back. */
  constructor(held: HeldBytes) {
    this.#held = held;
  }

  add(entry: LogEntry): void {
    if (this.#entries.has(entry.offset) || this.#entries.size >= MAX_ENTRIES) return;
    if (this.#held.replace(0, entryBytes(entry))) this.#entries.set(entry.offset, entry);
  }

  /** Returns true if one of the delivered entries differs from the entry that NATS acknowledged at its offset. */
  differFrom(delivered: readonly LogEntry[]): boolean {
    if (this.#entries.size === 0) return false;
    return delivered.some((entry) => {
      const own = this.#entries.get(entry.offset);
      return own !== undefined && (own.time !== entry.time || own.data !== entry.data);
    });
  }

  /** Forgets the entries up to the offset `last`, which the tail has passed: it never goes back. */
  forgetThrough(last: number): void {
    // NATS acknowledges in order, or nearly so. A later call forgets the entries that are out of order.
    for (const [offset, entry] of this.#entries) {
      if (offset > last) break;
      this.#entries.delete(offset);
      this.#held.replace(entryBytes(entry), 0);
    }
  }

  clear(): void {
    this.forgetThrough(Number.POSITIVE_INFINITY);
  }
}
