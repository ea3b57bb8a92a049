/** A place that keeps the position of a stream across page loads and restarts. */
export interface PositionStore {
  /** Returns the position, also later; `undefined` or `null`: none is kept. Called once, before the first attempt. */
  load(): string | null | undefined | PromiseLike<string | null | undefined>;
  /** Keeps the position. While a call is pending, later positions wait, and only the newest of them is kept. */
  save(lastEventId: string): unknown;
}

/** The part of a `Storage` that keeps positions. Its methods may return promises, as those of React Native do. */
export interface KeyValueStorage {
  getItem(key: string): string | null | PromiseLike<string | null>;
  setItem(key: string, value: string): unknown;
}

/** The position of one stream in its store. */
export interface KeptPosition {
  /** Resolves to the kept position; to the option `lastEventId` if there is none, or if the store fails. */
  load(): Promise<string>;
  /**
   * Saves the newest position, one at a time, and at most once in a turn of the microtask queue. Does nothing if the
   * position has not moved.
   */
  save(position: string): void;
  /** Resolves when the newest position is saved. */
  saved(): Promise<void> | undefined;
}

/** Where a stream keeps its position. */
export interface PersistSettings {
  readonly persist?: PositionStore | KeyValueStorage | undefined;
  readonly persistKey: string;
  /** The position if none is kept. */
  readonly lastEventId: string;
}

/** Returns the position of a stream in its store; `undefined` without a store. `failed` receives the store's errors. */
export function keepPosition(
  { persist, persistKey, lastEventId }: PersistSettings,
  failed: (error: unknown, stage: "persist") => void,
): KeptPosition | undefined {
  if (persist === undefined) return undefined;
  const key = `sluice:${persistKey}`;
  const store: PositionStore =
    "getItem" in persist
      ? { load: () => persist.getItem(key), save: (position) => persist.setItem(key, position) }
      : persist;
  /** The newest position, which is kept or about to be. */
  let newest: string;
  let next: string | undefined;
  let saving: Promise<void> | undefined;

  async function saveNext(): Promise<void> {
    await undefined;
    while (next !== undefined) {
      const position = next;
      next = undefined;
      await attempt(() => store.save(position));
    }
    saving = undefined;
  }

  async function attempt<T>(work: () => T): Promise<Awaited<T> | undefined> {
    try {
      return await work();
    } catch (error) {
      failed(error, "persist");
      return undefined;
    }
  }

  return {
    async load() {
      // A store may have kept it as a number.
      newest = `${(await attempt(() => store.load())) || lastEventId}`;
      return newest;
    },
    save(position) {
      if (position === newest) return;
      newest = next = position;
      saving ??= saveNext();
    },
    saved: () => saving,
  };
}
