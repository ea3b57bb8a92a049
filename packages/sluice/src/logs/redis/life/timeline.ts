import { newEpoch } from "../../shared/life/epoch.ts";

/**
 * The period in which Redis has not gone back in time, as far as its nodes know. A node that finds that an older copy
 * was restored begins another timeline. Every channel then begins another life. See
 * docs/decisions/057-nodes-witness-the-state-of-redis.md.
 */
export interface Timeline {
  readonly id: string;
  /**
   * Earlier timelines, newest first. Each has the newest visit that is still part of the history: Redis has everything
   * that a node saw there up to that visit.
   */
  readonly former: readonly (readonly [id: string, through: number])[];
}

/** Earlier timelines remembered. Knowledge of older ones counts as outdated. */
const MAX_FORMER = 64;

export function newTimeline(former: Timeline["former"] = []): Timeline {
  return { id: newEpoch(), former };
}

/** Parses a timeline that was stored as JSON. Returns `undefined` if there is no text. */
export function parseTimeline(text: string): Timeline | undefined {
  return text === "" ? undefined : (JSON.parse(text) as Timeline);
}

/**
 * Returns the timeline that begins if Redis went back to a time after the visit `through`. `found` is the timeline that
 * Redis has, `known` the timeline that this process saw last.
 */
export function nextTimeline(found: Timeline | undefined, known: Timeline | undefined, through: number): Timeline {
  const former = new Map<string, number>();
  for (const earlier of [known, found]) {
    if (earlier === undefined) continue;
    for (const [id, end] of [[earlier.id, through] as const, ...earlier.former]) {
      former.set(id, Math.min(end, through, former.get(id) ?? through));
    }
  }
  return newTimeline([...former].slice(0, MAX_FORMER));
}

/** Returns the newest visit of a timeline that is part of the history of `timeline`. */
export function knownThrough(timeline: Timeline, id: string | undefined): number {
  if (id === timeline.id) return Number.POSITIVE_INFINITY;
  return timeline.former.find(([earlier]) => earlier === id)?.[1] ?? 0;
}
