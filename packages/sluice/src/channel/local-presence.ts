import type { Cohort } from "./cohort.ts";
import type { Delivery } from "./delivery.ts";

/** How many subscribers a channel has in this process, and of which topics. */
export interface LocalPresence {
  readonly subscribers: number;
  /** By topic, how many of them name it; `"*"`: those of everything. */
  readonly topics: ReadonlyMap<string, number>;
}

export const NOBODY: LocalPresence = { subscribers: 0, topics: new Map() };

/** Counts the streams of a channel. Costs what there are cohorts and lagging streams: for those who ask, not for every stream. */
export function presenceOf({ cohorts, lagging, live }: Delivery): LocalPresence {
  const behind = new Map<Cohort, number>();
  for (const { cohort } of lagging) behind.set(cohort, (behind.get(cohort) ?? 0) + 1);
  const topics = new Map<string, number>();
  for (const cohort of cohorts.all()) {
    const count = cohort.live.length + (behind.get(cohort) ?? 0);
    if (count === 0) continue;
    const { topics: named } = cohort.selection;
    for (const topic of named === "*" ? ["*"] : named) topics.set(topic, (topics.get(topic) ?? 0) + count);
  }
  return { subscribers: live + lagging.size, topics };
}
