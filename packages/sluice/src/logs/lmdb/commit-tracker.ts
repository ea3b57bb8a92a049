import type { LmdbStore } from "./store/lmdb-store.ts";

/** The channels that other processes changed, with repetitions. `"all"` if they may have changed any channel. */
export type Changed = readonly number[] | "all";

/**
 * Finds out which channels new commits have changed. The rings record that (`CommitRings`). If they lack a commit, any
 * channel may have changed: an earlier version of Sluice committed, two writers shared a ring, or there were more
 * commits than a ring keeps.
 *
 * LMDB counts all commits, so the tracker notices a commit that the rings lack: it compares the numbers.
 */
export class CommitTracker {
  readonly #store: LmdbStore;
  /**
   * Number of a commit up to which {@link take} has returned every change. It never exceeds the number of the newest
   * commit that can be read.
   */
  #taken: number;

  constructor(store: LmdbStore) {
    this.#store = store;
    const { newestCommit } = store.shared;
    store.takeSnapshot();
    store.rings.takeCommits();
    this.#taken = store.shared.snapshotCommit(newestCommit);
  }

  /** True if there are commits whose changes {@link take} has not returned, or commits that cannot be read yet. */
  get isBehind(): boolean {
    return this.#taken !== this.#store.shared.newestCommit;
  }

  /** A number that changes with each commit and with each commit taken. */
  get progress(): number {
    return this.#taken + this.#store.shared.newestCommit;
  }

  /** Returns the channels that commits of other processes changed since the last call. */
  take(): Changed {
    const { shared, rings } = this.#store;
    const { newestCommit } = shared;
    this.#store.takeSnapshot();
    const recorded = rings.takeCommits();
    const readable = shared.snapshotCommit(newestCommit);
    if (recorded === undefined || this.#taken + recorded.commits < readable) {
      this.#taken = readable;
      return "all";
    }
    this.#taken = Math.min(this.#taken + recorded.commits, shared.newestCommit);
    return recorded.channels;
  }
}
