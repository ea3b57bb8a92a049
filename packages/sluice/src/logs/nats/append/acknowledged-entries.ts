import type { LogEntry } from "../../log.ts";

/** As many entries are kept at most. */
const MAX_ENTRIES = 4_096;

/**
 * Entries of this process that NATS acknowledged before the tail came to their offsets. What the tail brings there has to be them. A cluster
 * whose servers do not agree, or that lost what it had acknowledged, has others there: nothing but this shows it.
 */
export class AheadEntries {
  readonly #entries = new Map<number, LogEntry>();

  add(entry: LogEntry): void {
    if (this.#entries.size < MAX_ENTRIES) this.#entries.set(entry.offset, entry);
  }

  /** Forgets those up to what the tail brings, which does not come back, and says whether it brings others at their offsets. */
  passedBy(found: readonly LogEntry[]): boolean {
    if (this.#entries.size === 0) return false;
    const isOther = found.some((entry) => {
      const own = this.#entries.get(entry.offset);
      return own !== undefined && (own.time !== entry.time || own.data !== entry.data);
    });
    const last = found.at(-1)?.offset ?? 0;
    // They were acknowledged in their order, or nearly.
    for (const offset of this.#entries.keys()) {
      if (offset > last) break;
      this.#entries.delete(offset);
    }
    return isOther;
  }

  clear(): void {
    this.#entries.clear();
  }
}
