import type { EventFilter } from "./selection.ts";

/** Numbers filter functions, so that a selection can name its filter in its key. The same function keeps its number. */
export class FilterNumbers {
  readonly #numbers = new WeakMap<EventFilter, number>();
  #last = 0;

  of(filter: EventFilter): number {
    let number = this.#numbers.get(filter);
    if (number === undefined) this.#numbers.set(filter, (number = ++this.#last));
    return number;
  }
}
