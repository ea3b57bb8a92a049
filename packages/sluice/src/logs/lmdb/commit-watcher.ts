import type { FSWatcher } from "node:fs";
import { quietInterval, type Timer } from "../../base/timers.ts";
import { COMMIT_TIMEOUT_MS } from "./lmdb-writer.ts";
import { fileSystem } from "./store/files.ts";
import type { LmdbStore } from "./store/lmdb-store.ts";

/** How often this process looks for new commits, in ms, in case it missed a notification. A look takes microseconds. */
const POLL_MS = 200;

/**
 * Polls after a new commit that call `onCommit` even if there is no further commit. LMDB numbers a commit before it
 * syncs it, and makes it readable only then, so the first look may come too early. The polls go on for as long as a
 * caller waits for a commit.
 */
const SETTLING_POLLS = COMMIT_TIMEOUT_MS / POLL_MS;

/**
 * Notices commits of other processes in a folder. Every process that commits touches a file beside the data, which the
 * others watch. A notification is only a hint: if it is lost, a poll finds the commit later. Does not keep the process
 * running.
 */
export class CommitWatcher {
  readonly #store: LmdbStore;
  readonly #onCommit: () => void;
  readonly #timer: Timer;
  readonly #watcher: FSWatcher | undefined;
  /** Descriptor of the watched file. */
  #file: number | undefined;
  /** Number of the newest commit seen. */
  #seen: number;
  /** Settling polls that are left. */
  #settling = 0;
  #isTouching = false;
  #mustTouchAgain = false;
  #isClosed = false;

  constructor(store: LmdbStore, path: string, onCommit: () => void) {
    this.#store = store;
    this.#onCommit = onCommit;
    this.#seen = store.newestCommit;
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
    if (this.#file === undefined || this.#isClosed || !this.#store.hasOthers) return;
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
    this.#settling = Math.max(0, this.#settling - 1);
  }

  #look(): void {
    const { newestCommit } = this.#store;
    if (newestCommit === this.#seen && this.#settling === 0) return;
    if (newestCommit !== this.#seen) this.#settling = SETTLING_POLLS;
    this.#seen = newestCommit;
    this.#onCommit();
  }
}
