/** Default limit, in bytes. One channel holds a small part of it. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;

/**
 * Limits the bytes that all channels of a log hold back: entries that wait for others before them or after them. A
 * channel that may hold no more does without: it passes its entries on, or requests them again.
 */
export class HeldBytes {
  readonly #limit: number;
  #bytes = 0;

  /** `limit`, in bytes. */
  constructor(limit: number = MAX_HELD_BYTES) {
    this.#limit = limit;
  }

  /** Bytes of all channels. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Replaces `before` bytes that a channel holds by `after` bytes. Returns false, and changes nothing, if the bytes of
   * all channels would exceed the limit. A channel may always hold less than before.
   */
  replace(before: number, after: number): boolean {
    const bytes = this.#bytes - before + after;
    if (after > before && bytes > this.#limit) return false;
    this.#bytes = bytes;
    return true;
  }
}
