import { afterEach, beforeEach } from "vitest";
import type { Log } from "../../../src/logs/log.ts";

/** The store of a log that outlives a process and that several processes share. Empty at first. */
export interface SharedStore {
  /** Returns a log of its own on the store, as another process would have it. */
  open(): Log;
  stop?(): Promise<void>;
}

/** The store of each test of a suite. */
export interface StoreOfTest<Store> {
  /** The store of the running test. */
  readonly store: Store;
  /** Makes a log on the store. It closes after the test. */
  newLog(): Log;
}

/** Sets a store up before each test of the suite, and stops it after the test. */
export function useStore<Store extends SharedStore>(setUp: () => Promise<Store>): StoreOfTest<Store> {
  let store: Store;
  const logs: Log[] = [];

  beforeEach(async () => {
    store = await setUp();
  });

  afterEach(async () => {
    for (const log of logs.splice(0)) await log.close();
    await store.stop?.();
  });

  return {
    get store() {
      return store;
    },
    newLog() {
      const log = store.open();
      logs.push(log);
      return log;
    },
  };
}
