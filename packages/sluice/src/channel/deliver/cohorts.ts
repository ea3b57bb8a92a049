import type { Selection } from "../event/selection.ts";
import { Cohort } from "./cohort.ts";

/** All cohorts of a channel, with an index from topic to cohorts. */
export class Cohorts {
  readonly #byKey = new Map<string, Cohort>();
  readonly #byTopic = new Map<string, Set<Cohort>>();
  readonly #ofEverything = new Set<Cohort>();
  #lastNumber = 0;

  get size(): number {
    return this.#byKey.size;
  }

  all(): Iterable<Cohort> {
    return this.#byKey.values();
  }

  /** Adds to `found` the cohorts that may select an event with these topics. */
  collect(topics: readonly string[], found: Set<Cohort>): void {
    for (const topic of topics) {
      const cohorts = this.#byTopic.get(topic);
      if (cohorts !== undefined) for (const cohort of cohorts) found.add(cohort);
    }
    for (const cohort of this.#ofEverything) found.add(cohort);
  }

  /** Counts a new member in the cohort of its selection, and returns the cohort. */
  join(selection: Selection): Cohort {
    let cohort = this.#byKey.get(selection.key);
    if (cohort === undefined) {
      cohort = new Cohort(++this.#lastNumber, selection);
      this.#byKey.set(selection.key, cohort);
      for (const set of this.#indexes(selection)) set.add(cohort);
    }
    cohort.members++;
    return cohort;
  }

  /** Counts a member out, and drops the cohort with its last member. */
  leave(cohort: Cohort): void {
    if (--cohort.members > 0) return;
    this.#byKey.delete(cohort.selection.key);
    for (const set of this.#indexes(cohort.selection)) set.delete(cohort);
    const { topics } = cohort.selection;
    if (topics !== "*")
      for (const topic of topics) if (this.#byTopic.get(topic)?.size === 0) this.#byTopic.delete(topic);
  }

  *#indexes({ topics }: Selection): Iterable<Set<Cohort>> {
    if (topics === "*") {
      yield this.#ofEverything;
      return;
    }
    for (const topic of topics) {
      let cohorts = this.#byTopic.get(topic);
      if (cohorts === undefined) this.#byTopic.set(topic, (cohorts = new Set()));
      yield cohorts;
    }
  }
}
