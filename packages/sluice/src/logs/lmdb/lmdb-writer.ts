import { SluiceError } from "../../protocol/sluice-error.ts";
import type { LmdbStore } from "./lmdb-store.ts";

/** A part of a transaction. */
interface Task<T = unknown> {
  /** Runs inside the transaction. A `SluiceError` refuses this task alone, and MUST be thrown before anything is written. */
  readonly work: () => T;
  readonly resolve: (result: T) => void;
  readonly reject: (error: unknown) => void;
}

/** What became of a task, if the transaction is committed. */
interface Outcome {
  readonly result?: unknown;
  readonly refusal?: SluiceError;
}

/** Tasks of one transaction at most: there is one for each channel that is written to. */
const MAX_TASKS = 64;

/** How long a commit may take until nobody waits for it any more, in ms. Disks take seconds at worst; longer takes a process that stopped in mid-commit. */
const COMMIT_TIMEOUT_MS = 15_000;

/**
 * Group commit: what is asked for in one turn, and what comes while a commit is under way, goes into one transaction. It is gathered
 * until LMDB's lock on writing is taken, which happens on another thread.
 */
export class LmdbWriter {
  readonly #store: LmdbStore;
  readonly #queue: Task[] = [];
  /** Those in the transaction that is under way. */
  #batch: Task[] = [];
  #writing: Promise<void> | undefined;
  #isStuck = false;
  #hasFailed = false;

  constructor(store: LmdbStore) {
    this.#store = store;
  }

  /** Whether the newest commit of this process failed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Runs `work` in a transaction, and resolves to its result once that is on disk. Rejects with `LOG_FAILED`. */
  run<T>(work: () => T): Promise<T> {
    if (this.#isStuck) return Promise.reject(timedOut());
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve, reject } as Task);
      this.#writing ??= this.#write();
    });
  }

  /** Resolves when nothing is under way, to whether that is so: `false` when a commit does not come to its end. */
  async isIdle(): Promise<boolean> {
    while (this.#writing !== undefined && !this.#isStuck) {
      await Promise.race([this.#writing, new Promise((resolve) => setTimeout(resolve, COMMIT_TIMEOUT_MS).unref())]);
    }
    return !this.#isStuck;
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const timer = setTimeout(() => this.#giveUp(), COMMIT_TIMEOUT_MS);
      let outcomes: readonly Outcome[] = [];
      try {
        await this.#store.commit(() => {
          this.#batch = this.#queue.splice(0, MAX_TASKS);
          outcomes = this.#batch.map(outcomeOf);
        });
        this.#hasFailed = false;
        for (const [i, { resolve, reject }] of this.#batch.entries()) {
          const { refusal, result } = outcomes[i]!;
          if (refusal === undefined) resolve(result);
          else reject(refusal);
        }
      } catch (cause) {
        this.#hasFailed = true;
        // Where even the transaction could not be begun, those that wait would wait for ever.
        const all = this.#batch.length > 0 ? this.#batch : this.#queue.splice(0);
        for (const { reject } of all) reject(failed(cause));
      }
      clearTimeout(timer);
      this.#batch = [];
      this.#isStuck = false;
    }
    this.#writing = undefined;
  }

  #giveUp(): void {
    this.#isStuck = true;
    for (const { reject } of [...this.#batch.splice(0), ...this.#queue.splice(0)]) reject(timedOut());
  }
}

function outcomeOf({ work }: Task): Outcome {
  try {
    return { result: work() };
  } catch (error) {
    if (error instanceof SluiceError) return { refusal: error };
    throw error;
  }
}

function timedOut(): SluiceError {
  const message = `LMDB has not committed within ${COMMIT_TIMEOUT_MS / 1_000} s, and it is not known whether it will: look for a process that was stopped while it wrote to the folder, and at the disk.`;
  return new SluiceError("LOG_FAILED", message);
}

/** LMDB says EIO for a page that fits in part, which is what a full disk makes of it. */
function failed(cause: unknown): SluiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `LMDB could not commit: ${reason}. Is there room on the disk?`;
  return new SluiceError("LOG_FAILED", message, { cause });
}
