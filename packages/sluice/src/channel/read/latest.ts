import type { ChannelEvent, KeptEvent } from "../event/kept-event.ts";

/** Most keys remembered. Beyond it, the key whose event is oldest is forgotten. */
export const MAX_LATEST_KEYS = 10_000;

/** Options of a {@link Latest}. */
export interface LatestOptions {
  /** The channel option `latestBy`. */
  readonly keyOf: (event: ChannelEvent) => string | undefined;
  /** Receives what `keyOf` throws and what loading rejects with. */
  readonly onError: (error: unknown) => void;
}

/** The newest event of each key. */
export class Latest {
  /** Resolves when the running load has ended; `undefined` if none runs. */
  loading: Promise<void> | undefined;
  readonly #options: LatestOptions;
  #byKey = new Map<string, KeptEvent>();

  constructor(options: LatestOptions) {
    this.#options = options;
  }

  add(event: KeptEvent): void {
    this.#addTo(this.#byKey, event);
  }

  /**
   * Forgets everything and starts again with `events`, which are older than any event added meanwhile. Resolves when
   * all of them are loaded; never rejects.
   */
  load(events: AsyncIterable<KeptEvent>): Promise<void> {
    const newer = new Map<string, KeptEvent>();
    this.#byKey = newer;
    const loading = this.#merge(events, newer).catch(this.#options.onError);
    this.loading = loading;
    return loading.then(() => {
      if (this.loading === loading) this.loading = undefined;
    });
  }

  /** Returns the events in the order of the log. */
  events(): KeptEvent[] {
    return [...this.#byKey.values()];
  }

  async #merge(events: AsyncIterable<KeptEvent>, newer: Map<string, KeptEvent>): Promise<void> {
    const merged = new Map<string, KeptEvent>();
    for await (const event of events) {
      // Another load has begun.
      if (this.#byKey !== newer) return;
      this.#addTo(merged, event);
    }
    if (this.#byKey !== newer) return;
    for (const [key, event] of newer) set(merged, key, event);
    this.#byKey = merged;
  }

  #addTo(byKey: Map<string, KeptEvent>, event: KeptEvent): void {
    let key: string | undefined;
    try {
      key = this.#options.keyOf(event.value);
    } catch (error) {
      this.#options.onError(error);
    }
    if (key !== undefined) set(byKey, key, event);
  }
}

function set(byKey: Map<string, KeptEvent>, key: string, event: KeptEvent): void {
  // Deleting first keeps the map in the order of the events.
  byKey.delete(key);
  byKey.set(key, event);
  if (byKey.size > MAX_LATEST_KEYS) byKey.delete(byKey.keys().next().value as string);
}
