import type { EventFilter } from "./selection.ts";

/**
 * Numbers filter functions, so that a selection can name its filter in its key. The same function keeps its number. The
 * numbers begin at random: after a hot reload, subscriptions of an earlier channel may move to a later one.
 */
export class FilterNumbers {
  readonly #numbers = new WeakMap<EventFilter, number>();
  #last: number | undefined;

  of(filter: EventFilter): number {
    let number = this.#numbers.get(filter);
    if (number === undefined) {
      this.#last ??= Math.floor(Math.random() * 2 ** 40);
      this.#numbers.set(filter, (number = ++this.#last));
    }
    return number;
  }
}
