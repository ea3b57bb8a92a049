/** Time for which an XREAD waits for entries, in ms. A read that cannot be unblocked ends after it. */
export const BLOCK_MS = 2_000;
/** Time after which a read that has ended must have been answered, in ms. */
const MAX_ANSWER_MS = 1_000;

const NEVER = Number.NEGATIVE_INFINITY;

/** The answer of {@link ReadTimes.judge}. */
export interface ReadVerdict {
  /** True if reads have missed the entry. */
  readonly hasMissed: boolean;
  /** True if the connection may lead to a server that sends nothing. */
  readonly isDeaf: boolean;
}

/** When the reads of a tail began and ended, by `performance.now()`. */
export class ReadTimes {
  /** When the current read began. */
  #beganAt = NEVER;
  /** When Redis was asked to wait for entries; `undefined` if it does not wait. */
  #askedAt: number | undefined;
  /** When the last read that has ended began, with all that followed from it. */
  #endedFrom = NEVER;
  /** When a read last returned changes. */
  #deliveredAt = NEVER;

  /** Begins anew over another connection. */
  restart(): void {
    this.#askedAt = undefined;
    this.#endedFrom = NEVER;
  }

  begin(): void {
    this.#beganAt = performance.now();
  }

  asked(): void {
    this.#askedAt = performance.now();
  }

  answered(): void {
    this.#askedAt = undefined;
  }

  delivered(): void {
    this.#deliveredAt = performance.now();
  }

  end(): void {
    this.#endedFrom = this.#beganAt;
  }

  /**
   * Judges the reads by an entry that Redis had at the time `since`, and that has not arrived.
   *
   * A read that names all channels answers at once if an entry is there. So the entry is missed if such a read waits
   * since before `since`, or began after it and has ended. An entry that was appended a moment ago may be on its way,
   * also in a process whose event loop is late.
   *
   * Among many channels, a look at all of them costs much. There, the entry is missed only if a whole read began after
   * `since` and has ended, and the connection is deaf only if that read received no other changes.
   */
  judge(since: number, followsChanges: boolean): ReadVerdict {
    const hasEnded = this.#endedFrom > since;
    if (!followsChanges) {
      const isDeaf = hasEnded || (this.#askedAt !== undefined && this.#askedAt <= since);
      return { hasMissed: isDeaf, isDeaf };
    }
    const isSilent = this.#askedAt !== undefined && performance.now() - this.#beganAt > BLOCK_MS + MAX_ANSWER_MS;
    return { hasMissed: isSilent || hasEnded, isDeaf: isSilent || (hasEnded && this.#deliveredAt <= since) };
  }
}
