import type { FSWatcher } from "node:fs";
import { fileSystem } from "./lmdb-files.ts";
import type { LmdbStore } from "./lmdb-store.ts";
import { COMMIT_TIMEOUT_MS } from "./lmdb-writer.ts";

/** How often this process looks whether others have committed, in ms, in case a hint was missed. A look takes microseconds. */
const POLL_MS = 200;

/**
 * How often it looks after it has seen a commit, whether or not there is another: LMDB numbers a commit before it is synced, and lets it be
 * read only then. As long as anybody waits for a commit.
 */
const SETTLING_POLLS = COMMIT_TIMEOUT_MS / POLL_MS;

/**
 * Says when there may be something new in a folder. Whoever commits touches a file beside the data, which wakes those who watch
 * it. That is a hint: the log is the truth, and it is looked at anyway, if later. Keeps no process alive.
 */
export class LmdbWake {
  readonly #store: LmdbStore;
  readonly #wake: () => void;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #watcher: FSWatcher | undefined;
  #file: number | undefined;
  #seen: number;
  /** Polls that are still to look. */
  #settling = 0;
  #isHinting = false;
  #mustHintAgain = false;
  #isClosed = false;

  constructor(store: LmdbStore, path: string, wake: () => void) {
    this.#store = store;
    this.#wake = wake;
    this.#seen = store.commits;
    this.#timer = setInterval(() => this.#poll(), POLL_MS).unref();
    // Where files cannot be watched (no such system call, a limit that is reached), the poll is enough.
    try {
      const { openSync, watch } = fileSystem();
      this.#file = openSync(`${path}/wake`, "a");
      this.#watcher = watch(`${path}/wake`, { persistent: false }, () => this.#look());
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {}
  }

  /** Wakes the others, if there are any. */
  hint(): void {
    if (this.#file === undefined || this.#isClosed || !this.#store.hasOthers) return;
    this.#mustHintAgain = this.#isHinting;
    if (this.#isHinting) return;
    this.#isHinting = true;
    const now = new Date();
    fileSystem().futimes(this.#file, now, now, () => {
      this.#isHinting = false;
      if (this.#isClosed) this.#closeFile();
      else if (this.#mustHintAgain) this.hint();
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#isClosed = true;
    if (!this.#isHinting) this.#closeFile();
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
    const { commits } = this.#store;
    if (commits === this.#seen && this.#settling === 0) return;
    if (commits !== this.#seen) this.#settling = SETTLING_POLLS;
    this.#seen = commits;
    this.#wake();
  }
}
