import type { ChannelEvent, KeptEvent } from "../event/kept-event.ts";

/** Keys remembered; beyond that, the one that was set longest ago is forgotten. */
export const MAX_LATEST_KEYS = 10_000;

/** The newest event of each key. */
export class Latest {
  readonly #keyOf: (event: ChannelEvent) => string | undefined;
  #byKey = new Map<string, KeptEvent>();
  /** While older events are being looked through. */
  loading: Promise<void> | undefined;

  constructor(keyOf: (event: ChannelEvent) => string | undefined) {
    this.#keyOf = keyOf;
  }

  add(event: KeptEvent, onError: (error: unknown) => void): void {
    this.#addTo(this.#byKey, event, onError);
  }

  /** Forgets everything, and begins again with these events, older than any that is added meanwhile. */
  load(events: AsyncIterable<KeptEvent>, onError: (error: unknown) => void): Promise<void> {
    const newer = new Map<string, KeptEvent>();
    this.#byKey = newer;
    const loading = this.#merge(events, newer, onError).catch(onError);
    this.loading = loading;
    return loading.then(() => {
      if (this.loading === loading) this.loading = undefined;
    });
  }

  async #merge(
    events: AsyncIterable<KeptEvent>,
    newer: Map<string, KeptEvent>,
    onError: (error: unknown) => void,
  ): Promise<void> {
    const merged = new Map<string, KeptEvent>();
    for await (const event of events) {
      // Another load has begun.
      if (this.#byKey !== newer) return;
      this.#addTo(merged, event, onError);
    }
    if (this.#byKey !== newer) return;
    for (const [key, event] of newer) this.#set(merged, key, event);
    this.#byKey = merged;
  }

  #addTo(byKey: Map<string, KeptEvent>, event: KeptEvent, onError: (error: unknown) => void): void {
    let key: string | undefined;
    try {
      key = this.#keyOf(event.value);
    } catch (error) {
      onError(error);
    }
    if (key !== undefined) this.#set(byKey, key, event);
  }

  #set(byKey: Map<string, KeptEvent>, key: string, event: KeptEvent): void {
    // Deleted first, so that the map stays in the order of the events.
    byKey.delete(key);
    byKey.set(key, event);
    if (byKey.size > MAX_LATEST_KEYS) byKey.delete(byKey.keys().next().value as string);
  }

  /** In the order of the log. */
  events(): KeptEvent[] {
    return [...this.#byKey.values()];
  }
}
