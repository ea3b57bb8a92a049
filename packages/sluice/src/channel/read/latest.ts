import { invalidOption } from "../../base/checks/check-option.ts";
import { guardResult, ignore } from "../../base/errors/guard.ts";
import type { ChannelEvent, KeptEvent } from "../event/kept-event.ts";
import { type Selection, selects } from "../event/selection.ts";
import { type LatestEvents, LatestSnapshot } from "./latest-snapshot.ts";

/** Limits of the newest events that a channel remembers by key. */
export interface LatestLimits {
  /** Maximum number of keys. Default: 10,000. */
  readonly keys: number;
  /** Maximum number of bytes of all remembered events. Default: 16 MiB. */
  readonly bytes: number;
}

/** Options of a {@link Latest}. */
export interface LatestOptions {
  /** The channel option `latestBy`. */
  readonly keyOf: (event: ChannelEvent) => string | undefined;
  readonly limits: LatestLimits;
  /** Receives what `keyOf` throws, and what loading rejects with. */
  readonly onError: (error: unknown) => void;
  /** Receives what the filters of snapshots throw. Default: `onError`. */
  readonly onFilterError?: (error: unknown, event: KeptEvent) => void;
}

/**
 * The newest event of each key and audience. The audience of an event is its topics: an event for one user must not
 * replace the event that all others see.
 */
export class Latest implements LatestEvents {
  /** Resolves when the running load has ended; `undefined` if none runs. */
  loading: Promise<void> | undefined;
  /** Changes with each event, so that a snapshot can be cached. */
  revision = 0;
  readonly #options: LatestOptions;
  #remembered: Remembered;

  constructor(options: LatestOptions) {
    this.#options = options;
    this.#remembered = new Remembered(options.limits);
  }

  add(event: KeptEvent): void {
    this.revision++;
    this.#addTo(this.#remembered, event);
  }

  /**
   * Forgets everything and starts again with `events`, which are older than any event added meanwhile. Resolves when
   * all of them are loaded; never rejects.
   */
  load(events: AsyncIterable<KeptEvent>): Promise<void> {
    const newer = new Remembered(this.#options.limits);
    this.#remembered = newer;
    const loading = this.#merge(events, newer).catch(this.#options.onError);
    this.loading = loading;
    return loading.then(() => {
      if (this.loading === loading) this.loading = undefined;
    });
  }

  get(slot: string): KeptEvent | undefined {
    return this.#remembered.get(slot);
  }

  /** Returns a snapshot: of each key the newest event up to the offset `through` that the selection takes. */
  snapshot(selection: Selection, through: number): LatestSnapshot {
    const { onError, onFilterError = onError } = this.#options;
    const byKey = new Map<string, string>();
    for (const [slot, { key, event }] of this.#remembered.entries()) {
      if (event.entry.offset > through || !selects(selection, event, onFilterError)) continue;
      // Deleting first keeps the map in the order of the events.
      byKey.delete(key);
      byKey.set(key, slot);
    }
    return new LatestSnapshot(this, [...byKey.values()], through, !this.#remembered.hasForgottenFor(selection));
  }

  async #merge(events: AsyncIterable<KeptEvent>, newer: Remembered): Promise<void> {
    const merged = new Remembered(this.#options.limits);
    for await (const event of events) {
      // Another load has begun.
      if (this.#remembered !== newer) return;
      this.#addTo(merged, event);
    }
    if (this.#remembered !== newer) return;
    merged.addAll(newer);
    this.#remembered = merged;
    this.revision++;
  }

  #addTo(remembered: Remembered, event: KeptEvent): void {
    if (!event.isSound) return;
    const { keyOf, onError } = this.#options;
    try {
      const key: unknown = keyOf(event.value);
      if (guardResult(key, ignore)) throw invalidOption("latestBy()", "a string or undefined", key);
      if (key !== undefined) remembered.set(key as string, event);
    } catch (error) {
      onError(error);
    }
  }
}

/** Forgotten keys whose audience is known. Beyond this number, every subscriber counts as affected. */
const MAX_FORGOTTEN = 1_000;

interface RememberedEvent {
  readonly key: string;
  readonly event: KeptEvent;
}

/** Events by key and audience, oldest first, within limits. */
class Remembered {
  readonly #limits: LatestLimits;
  readonly #events = new Map<string, RememberedEvent>();
  /** Topics of the events that were forgotten and not replaced since, by key and audience. */
  readonly #forgotten = new Map<string, readonly string[] | undefined>();
  #hasForgottenMore = false;
  #bytes = 0;

  constructor(limits: LatestLimits) {
    this.#limits = limits;
  }

  entries(): Iterable<[string, RememberedEvent]> {
    return this.#events;
  }

  get(slot: string): KeptEvent | undefined {
    return this.#events.get(slot)?.event;
  }

  set(key: string, event: KeptEvent): void {
    const slot = slotOf(key, event);
    this.#remove(slot);
    this.#events.set(slot, { key, event });
    this.#bytes += event.size;
    this.#forgotten.delete(slot);
    const { keys, bytes } = this.#limits;
    while (this.#events.size > keys || this.#bytes > bytes) this.#forgetOldest();
  }

  /** Adds newer events, and what they have forgotten. */
  addAll(newer: Remembered): void {
    for (const [slot, topics] of newer.#forgotten) {
      this.#remove(slot);
      this.#noteForgotten(slot, topics);
    }
    this.#hasForgottenMore ||= newer.#hasForgottenMore;
    for (const { key, event } of newer.#events.values()) this.set(key, event);
  }

  /** Returns true if a forgotten event may have been for a subscriber with this selection. */
  hasForgottenFor({ topics }: Selection): boolean {
    if (this.#hasForgottenMore) return true;
    for (const forgotten of this.#forgotten.values())
      if (forgotten === undefined || topics === "*" || forgotten.some((topic) => topics.has(topic))) return true;
    return false;
  }

  #forgetOldest(): void {
    const [slot, { event }] = this.#events.entries().next().value as [string, RememberedEvent];
    this.#remove(slot);
    this.#noteForgotten(slot, event.entry.topics);
  }

  #noteForgotten(slot: string, topics: readonly string[] | undefined): void {
    if (this.#forgotten.size < MAX_FORGOTTEN) this.#forgotten.set(slot, topics);
    else this.#hasForgottenMore = true;
  }

  #remove(slot: string): void {
    const known = this.#events.get(slot);
    if (known === undefined) return;
    this.#events.delete(slot);
    this.#bytes -= known.event.size;
  }
}

function slotOf(key: string, { entry: { topics } }: KeptEvent): string {
  return topics === undefined ? `public ${key}` : JSON.stringify([key, [...topics].sort()]);
}
