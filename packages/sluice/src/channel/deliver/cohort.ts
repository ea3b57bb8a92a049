import type { Sink } from "../../stream/body/sink.ts";
import type { Selection } from "../event/selection.ts";
import type { Cursor } from "./cursor.ts";

/** What a client knows as its last event ID, and where in the log that is. */
export interface Told {
  readonly offset: number;
  readonly id: string;
}

export const NOTHING_TOLD: Told = { offset: 0, id: "" };

/** The cursors with equal selections: what one of them gets, all of them get. */
export class Cohort {
  readonly number: number;
  readonly selection: Selection;
  /** Its cursors, live or not. */
  members = 0;
  /** Those at the end of the window, each of which gets every flush. */
  readonly live: (Cursor | undefined)[] = [];
  /** Their sinks, place by place: all that a flush needs of those that keep up. */
  readonly sinks: Sink[] = [];
  /** Events that the live ones were written, all told, and when last. */
  events = 0;
  writtenAt = 0;
  /** The last event that the live ones were given: their clients' last event ID. */
  told: Told = NOTHING_TOLD;

  constructor(number: number, selection: Selection) {
    this.number = number;
    this.selection = selection;
  }

  /** Whether all it gets of events without topics is the same as what every other plain cohort gets. */
  get isPlain(): boolean {
    return this.selection.types === undefined && this.selection.filter === undefined;
  }
}

/** All cohorts of a channel, and which of them a topic concerns. */
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

  /** Adds to `found` the cohorts that an event with these topics may concern. */
  collect(topics: readonly string[], found: Set<Cohort>): void {
    for (const topic of topics) {
      const cohorts = this.#byTopic.get(topic);
      if (cohorts !== undefined) for (const cohort of cohorts) found.add(cohort);
    }
    for (const cohort of this.#ofEverything) found.add(cohort);
  }

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
