import type { FSWatcher } from "node:fs";
import { quietInterval, type Timer } from "../../base/time/timers.ts";
import { type Changed, CommitTracker } from "./commit-tracker.ts";
import { fileSystem } from "./folder/files.ts";
import { COMMIT_TIMEOUT_MS } from "./lmdb-writer.ts";
import type { LmdbStore } from "./store/lmdb-store.ts";

/** How often this process looks for new commits, in ms, in case it missed a notification. A look takes microseconds. */
const POLL_MS = 200;

/**
 * If the newest commit stays unaccounted for, the polls from the first to the second number report all channels as
 * changed. Normally that commit is not synced yet: LMDB numbers a commit before it syncs it, and makes it readable only
 * then. These polls cover an unrecorded commit that the tracker cannot tell from one that is not synced.
 */
const DOUBTFUL_POLLS = { from: 5, to: COMMIT_TIMEOUT_MS / POLL_MS };

/**
 * Notices commits of other processes in a folder. Every process that commits touches a file beside the data, which the
 * others watch. A notification is only a hint: if it is lost, a poll finds the commit later. Does not keep the process
 * running.
 */
export class CommitWatcher {
  readonly #store: LmdbStore;
  readonly #tracker: CommitTracker;
  readonly #onCommit: (changed: Changed) => void;
  readonly #timer: Timer;
  readonly #watcher: FSWatcher | undefined;
  /** Descriptor of the watched file. */
  #file: number | undefined;
  /** {@link CommitTracker.progress} at the last poll. */
  #progress = 0;
  /** Consecutive polls without progress. */
  #idlePolls = 0;
  /** See {@link lookAgain}. */
  readonly #lookAgain = new Set<number>();
  #isTouching = false;
  #mustTouchAgain = false;
  #isClosed = false;

  /** Calls `onCommit` when a process may have changed these channels. */
  constructor(store: LmdbStore, path: string, onCommit: (changed: Changed) => void) {
    this.#store = store;
    this.#tracker = new CommitTracker(store);
    this.#onCommit = onCommit;
    this.#timer = quietInterval(() => this.#poll(), POLL_MS);
    // If files cannot be watched (no such system call, or its limit is reached), the polls are enough.
    try {
      const { openSync, watch } = fileSystem();
      this.#file = openSync(`${path}/wake`, "a");
      this.#watcher = watch(`${path}/wake`, { persistent: false }, () => this.#look());
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {}
  }

  /** Notifies the other processes that have the folder open, if there are any. */
  notifyOthers(): void {
    if (this.#file === undefined || this.#isClosed || !this.#store.shared.hasOthers) return;
    this.#mustTouchAgain = this.#isTouching;
    if (this.#isTouching) return;
    this.#isTouching = true;
    const now = new Date();
    fileSystem().futimes(this.#file, now, now, () => {
      this.#isTouching = false;
      if (this.#isClosed) this.#closeFile();
      else if (this.#mustTouchAgain) this.notifyOthers();
    });
  }

  /** Reports a channel as changed at the next poll. */
  lookAgain(channel: number): void {
    this.#lookAgain.add(channel);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#isClosed = true;
    if (!this.#isTouching) this.#closeFile();
  }

  #closeFile(): void {
    if (this.#file !== undefined) fileSystem().closeSync(this.#file);
    this.#file = undefined;
  }

  #poll(): void {
    this.#look();
    if (this.#store.files.lost !== undefined) return;
    const { isBehind, progress } = this.#tracker;
    this.#idlePolls = isBehind && progress === this.#progress ? this.#idlePolls + 1 : 0;
    this.#progress = progress;
    if (this.#idlePolls >= DOUBTFUL_POLLS.from && this.#idlePolls <= DOUBTFUL_POLLS.to) this.#onCommit("all");
    if (this.#lookAgain.size === 0) return;
    const failed = [...this.#lookAgain];
    this.#lookAgain.clear();
    this.#onCommit(failed);
  }

  #look(): void {
    if (this.#store.files.check() === undefined && this.#tracker.isBehind) this.#onCommit(this.#tracker.take());
  }
}
