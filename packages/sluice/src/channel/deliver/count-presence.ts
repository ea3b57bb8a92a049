import type { LocalPresence } from "../local-presence.ts";
import type { Cohort } from "./cohort.ts";
import type { Delivery } from "./delivery.ts";

/**
 * Counts the subscribers of a channel. Takes time for each cohort and each lagging subscriber, not for each live one.
 */
export function countPresence({ cohorts, lagging, live }: Delivery): LocalPresence {
  const behind = new Map<Cohort, number>();
  for (const { cohort } of lagging) behind.set(cohort, (behind.get(cohort) ?? 0) + 1);
  const topics = new Map<string, number>();
  for (const cohort of cohorts.all()) {
    const count = cohort.size + (behind.get(cohort) ?? 0);
    if (count === 0) continue;
    const { topics: named } = cohort.selection;
    for (const topic of named === "*" ? ["*"] : named) topics.set(topic, (topics.get(topic) ?? 0) + count);
  }
  return { subscribers: live + lagging.size, topics };
}
