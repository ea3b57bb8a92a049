import type { Selection } from "../event/selection.ts";
import { Cohort, type CohortKind } from "./cohort.ts";

/** All cohorts of a channel, with an index from topic to cohorts. */
export class Cohorts {
  readonly #byKey = new Map<string, Cohort>();
  /** A topic of one cohort maps to the cohort itself: a set for each of a subscription's many topics would be large. */
  readonly #byTopic = new Map<string, Cohort | Set<Cohort>>();
  readonly #ofEverything = new Set<Cohort>();
  #lastNumber = 0;
  #members = 0;

  get size(): number {
    return this.#byKey.size;
  }

  /** Members of all cohorts, live or not. */
  get members(): number {
    return this.#members;
  }

  all(): Iterable<Cohort> {
    return this.#byKey.values();
  }

  /** Adds to `found` the cohorts that may select an event with these topics. */
  collect(topics: readonly string[], found: Set<Cohort>): void {
    for (const topic of topics) {
      const cohorts = this.#byTopic.get(topic);
      if (cohorts instanceof Set) for (const cohort of cohorts) found.add(cohort);
      else if (cohorts !== undefined) found.add(cohorts);
    }
    for (const cohort of this.#ofEverything) found.add(cohort);
  }

  /** Counts a new member in the cohort of its selection and kind, and returns the cohort. */
  join(member: object, selection: Selection, kind?: CohortKind): Cohort {
    const key = kind === undefined ? selection.key : selection.key + kind.key;
    let cohort = this.#byKey.get(key);
    if (cohort === undefined) {
      const number = ++this.#lastNumber;
      cohort = kind?.make(number, selection) ?? new Cohort(number, selection);
      this.#byKey.set(cohort.key, cohort);
      this.#index(cohort);
    }
    cohort.join(member, selection);
    this.#members++;
    return cohort;
  }

  /** Counts a member out, and drops the cohort with its last member. */
  leave(member: object, cohort: Cohort): void {
    this.#members--;
    if (!cohort.leave(member)) return;
    this.#byKey.delete(cohort.key);
    const { topics } = cohort.selection;
    if (topics === "*") this.#ofEverything.delete(cohort);
    else for (const topic of topics) this.#removeFromTopic(topic, cohort);
  }

  #index(cohort: Cohort): void {
    const { topics } = cohort.selection;
    if (topics === "*") this.#ofEverything.add(cohort);
    else for (const topic of topics) this.#addToTopic(topic, cohort);
  }

  #addToTopic(topic: string, cohort: Cohort): void {
    const cohorts = this.#byTopic.get(topic);
    if (cohorts === undefined) this.#byTopic.set(topic, cohort);
    else if (cohorts instanceof Set) cohorts.add(cohort);
    else this.#byTopic.set(topic, new Set([cohorts, cohort]));
  }

  #removeFromTopic(topic: string, cohort: Cohort): void {
    const cohorts = this.#byTopic.get(topic);
    if (cohorts instanceof Set) {
      cohorts.delete(cohort);
      if (cohorts.size > 0) return;
    }
    this.#byTopic.delete(topic);
  }
}
