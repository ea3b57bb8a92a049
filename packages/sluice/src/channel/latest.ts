import type { ChannelEvent, KeptEvent } from "./kept-event.ts";

/** Keys remembered; beyond that, the one that was set longest ago is forgotten. */
export const MAX_LATEST_KEYS = 10_000;

/** The newest event of each key. */
export class Latest {
  readonly #keyOf: (event: ChannelEvent) => string | undefined;
  readonly #byKey = new Map<string, KeptEvent>();

  constructor(keyOf: (event: ChannelEvent) => string | undefined) {
    this.#keyOf = keyOf;
  }

  add(event: KeptEvent, onError: (error: unknown) => void): void {
    let key: string | undefined;
    try {
      key = this.#keyOf(event.value);
    } catch (error) {
      onError(error);
    }
    if (key === undefined) return;
    // Deleted first, so that the map stays in the order of the events.
    this.#byKey.delete(key);
    this.#byKey.set(key, event);
    if (this.#byKey.size > MAX_LATEST_KEYS) this.#byKey.delete(this.#byKey.keys().next().value as string);
  }

  /** In the order of the log. */
  events(): KeptEvent[] {
    return [...this.#byKey.values()];
  }

  clear(): void {
    this.#byKey.clear();
  }
}
