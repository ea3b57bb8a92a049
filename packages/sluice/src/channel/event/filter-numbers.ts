import type { EventFilter } from "./selection.ts";

/** Tells functions apart by number: the same function has the same number, so that selections can have a key. */
export class FilterNumbers {
  readonly #numbers = new WeakMap<EventFilter, number>();
  #last = 0;

  of(filter: EventFilter): number {
    let number = this.#numbers.get(filter);
    if (number === undefined) this.#numbers.set(filter, (number = ++this.#last));
    return number;
  }
}
