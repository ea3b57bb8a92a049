import { parsePosition } from "../../../src/base/position.ts";
import type { NewEntry } from "../../../src/logs/log.ts";

/** One life of a log in the model: a list of entries. */
export interface Era {
  readonly epoch: string;
  /** Every entry this life ever had, including trimmed entries and entries that a later life lost. */
  readonly entries: readonly NewEntry[];
  readonly first: number;
  /** Number of entries kept from the life before; `undefined` if this life knows nothing of it. */
  readonly kept: number | undefined;
  /** True if the life ended because the channel was deleted. */
  isDeleted?: boolean;
}

/** A position in one life of the log. */
export interface ModelPosition {
  /** Index of the life in {@link LogHistory.eras}. */
  readonly era: number;
  readonly offset: number;
}

/** Less than any offset. */
const NOTHING = -1;

/** All lives of a log, oldest first: the model's answer to which events exist and what a position means. */
export class LogHistory {
  readonly eras: Era[] = [];

  get now(): number {
    return this.eras.length - 1;
  }

  /** Returns the offset up to which positions of a life mean the same in a later life. */
  holds(era: number, later: number): number {
    let through = Number.POSITIVE_INFINITY;
    for (const { kept = NOTHING } of this.eras.slice(era + 1, later + 1)) through = Math.min(through, kept);
    return through;
  }

  /** Returns true if a subscriber at a position continues from it in a later life, without a gap. */
  goesOn({ era, offset }: ModelPosition, later: number): boolean {
    return later === era || (later > era && offset <= this.holds(era, later));
  }

  at({ era, offset }: ModelPosition): NewEntry | undefined {
    return this.eras[era]?.entries[offset - 1];
  }

  /** Returns the position of the next entry that `wants` accepts, or the position after the last entry. */
  next(wants: (entry: NewEntry) => boolean, { era, offset }: ModelPosition): ModelPosition {
    const { entries } = this.eras[era]!;
    let next = offset + 1;
    while (next <= entries.length && !wants(entries[next - 1]!)) next++;
    return { era, offset: next };
  }

  /** Returns the position that an event ID names. An own ID names one in the first life from `era` on that had it. */
  position(id: string, era = 0): ModelPosition | undefined {
    for (let index = era; index < this.eras.length; index++) {
      const own = this.eras[index]!.entries.findIndex((entry) => entry.id === id);
      if (own >= 0) return { era: index, offset: own + 1 };
    }
    const position = parsePosition(id);
    const named = this.eras.findIndex(({ epoch }) => epoch === position?.epoch);
    return position === undefined || named < 0 ? undefined : { era: named, offset: position.offset };
  }
}
