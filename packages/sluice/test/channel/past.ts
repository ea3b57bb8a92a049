import { parsePosition } from "../../src/base/position.ts";
import type { NewEntry } from "../../src/logs/log.ts";

/** One life of a log, as the model sees it: a list. */
export interface Era {
  readonly epoch: string;
  /** Every entry it ever had, those before `first` and those that a later life lost included. */
  readonly entries: readonly NewEntry[];
  readonly first: number;
  /** How many entries of the life before it has kept; `undefined` where it knows nothing of that. */
  readonly kept: number | undefined;
}

/** A place in one life of the log. */
export interface Place {
  /** Index of the life. */
  readonly era: number;
  readonly offset: number;
}

/** Less than any offset. */
const NOTHING = -1;

/** All lives of a log, oldest first: what there is to be seen, and what a position means. */
export class Past {
  readonly eras: Era[] = [];

  get now(): number {
    return this.eras.length - 1;
  }

  /** The offset up to which the places of a life mean the same in a later one. */
  holds(era: number, later: number): number {
    let through = Number.POSITIVE_INFINITY;
    for (const { kept = NOTHING } of this.eras.slice(era + 1, later + 1)) through = Math.min(through, kept);
    return through;
  }

  /** Whether one who is at a place goes on from there in a later life. */
  goesOn({ era, offset }: Place, later: number): boolean {
    return later === era || (later > era && offset <= this.holds(era, later));
  }

  at({ era, offset }: Place): NewEntry | undefined {
    return this.eras[era]?.entries[offset - 1];
  }

  /** The next place with an entry that is wanted, or the one after the last there is. */
  next(wants: (entry: NewEntry) => boolean, { era, offset }: Place): Place {
    const { entries } = this.eras[era]!;
    let next = offset + 1;
    while (next <= entries.length && !wants(entries[next - 1]!)) next++;
    return { era, offset: next };
  }

  /** The place that an event ID names; an own ID names one in the first life from `era` on that ever had it. */
  place(id: string, era = 0): Place | undefined {
    for (let index = era; index < this.eras.length; index++) {
      const own = this.eras[index]!.entries.findIndex((entry) => entry.id === id);
      if (own >= 0) return { era: index, offset: own + 1 };
    }
    const position = parsePosition(id);
    const named = this.eras.findIndex(({ epoch }) => epoch === position?.epoch);
    return position === undefined || named < 0 ? undefined : { era: named, offset: position.offset };
  }
}
