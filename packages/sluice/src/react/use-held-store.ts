import { useInsertionEffect, useState, useSyncExternalStore } from "react";
import { isSame } from "../client/store/same-stream.ts";

/** A store that belongs to a component. */
interface HeldStore<Value> {
  /** The newest functions of the component. */
  readonly latest: { current: unknown };
  /** Without a listener, joins the stream and opens no connection. */
  subscribe(listener?: () => void): () => void;
  /** Returns the value; with `isServer`, the value that a page from a server shows. */
  getSnapshot(isServer?: boolean): Value;
}

/**
 * Returns the value of a store that belongs to the component. A rendering with another key gets another store; keys are
 * compared as {@link isSame} does. `current` is the store's newest function once the rendering is committed.
 */
export function useHeldStore<Value>(
  create: () => HeldStore<Value>,
  key: unknown,
  current: unknown,
  loosely?: boolean,
): Value {
  const make = () => [key, create()] as const;
  let [held, hold] = useState(make);
  if (!isSame(held[0], key, loosely)) {
    held = make();
    hold(held);
  }
  const [, store] = held;
  // Runs after each rendering that is committed, also in a hidden tree, and before events can arrive.
  useInsertionEffect(() => {
    store.latest.current = current;
    return store.subscribe();
  });
  return useSyncExternalStore(store.subscribe, store.getSnapshot, () => store.getSnapshot(true));
}
