import type { Cohort } from "./deliver/cohort.ts";
import type { Delivery } from "./deliver/delivery.ts";
import type { LocalPresence } from "./local-presence.ts";

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
