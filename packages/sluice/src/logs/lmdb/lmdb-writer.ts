import { SluiceError } from "../../base/sluice-error.ts";
import type { LmdbStore } from "./lmdb-store.ts";

/** A change of a channel. */
interface Task<T = unknown> {
  readonly channel: number;
  /** Says what to write ({@link LmdbStore.change}); once more whenever another process was faster. A `SluiceError` refuses it. */
  readonly work: () => T;
  readonly resolve: (result: T) => void;
  readonly reject: (error: unknown) => void;
  /** When it is no longer tried, in ms of `performance.now()`. */
  readonly deadline: number;
}

/** What became of a task. */
interface Outcome {
  /** Tells the one who asked for it; absent when another process was faster, and it is to be tried again. */
  readonly tell?: () => void;
  readonly hasFailed?: boolean;
}

/** Tasks of one transaction at most: one for each channel that is written to. */
const MAX_TASKS = 64;

/** How long a commit may take until nobody waits for it any more, in ms. Disks take seconds at worst; longer takes a process that stopped in mid-commit. */
export const COMMIT_TIMEOUT_MS = 15_000;

/**
 * Group commit: what is asked for in one turn, and what comes while a commit is under way, goes into one transaction. The lock on writing is
 * taken on another thread, and only for as long as it takes to write: what to write was worked out before, and holds only if no other
 * process has changed the channel meanwhile. If one has, it is worked out anew.
 */
export class LmdbWriter {
  readonly #store: LmdbStore;
  #queue: Task[] = [];
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

  /** Changes a channel as `work` says, and resolves to its result once that is on disk. Rejects with `LOG_FAILED`. */
  run<T>(channel: number, work: () => T): Promise<T> {
    if (this.#isStuck) return Promise.reject(timedOut());
    return new Promise<T>((resolve, reject) => {
      const deadline = performance.now() + COMMIT_TIMEOUT_MS;
      this.#queue.push({ channel, work, resolve, reject, deadline } as Task);
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
    // Whatever else this turn asks for goes with it.
    await new Promise((resolve) => setImmediate(resolve));
    for (let attempts = this.#begin(); attempts.length > 0; ) {
      const timer = setTimeout(() => this.#giveUp(), COMMIT_TIMEOUT_MS);
      const outcomes = await Promise.all(attempts);
      clearTimeout(timer);
      this.#hasFailed = outcomes.some(({ hasFailed }) => hasFailed);
      // Those that were given up are gone from the batch.
      this.#queue.unshift(...this.#batch.filter((_, i) => outcomes[i]!.tell === undefined));
      this.#isStuck = false;
      // The next transaction is under way before anybody is told of this one: what they do then costs it no time.
      attempts = this.#begin();
      for (const { tell } of outcomes) tell?.();
    }
    this.#writing = undefined;
  }

  /** Hands the next transaction to LMDB. */
  #begin(): Promise<Outcome>[] {
    this.#store.renew();
    this.#batch = this.#takeBatch();
    return this.#batch.map((task) => this.#attempt(task));
  }

  /** One task of each channel: a second one must see what the first has done. */
  #takeBatch(): Task[] {
    const batch = new Map<number, Task>();
    for (const task of this.#queue) {
      if (batch.size < MAX_TASKS && !batch.has(task.channel)) batch.set(task.channel, task);
    }
    const taken = [...batch.values()];
    this.#queue = this.#queue.filter((task) => batch.get(task.channel) !== task);
    return taken;
  }

  async #attempt({ channel, work, resolve, reject, deadline }: Task): Promise<Outcome> {
    let result: unknown;
    try {
      const isWritten = await this.#store.change(channel, () => {
        result = work();
      });
      if (isWritten) return { tell: () => resolve(result) };
      return performance.now() < deadline ? {} : { tell: () => reject(outrun()) };
    } catch (error) {
      if (error instanceof SluiceError) return { tell: () => reject(error) };
      return { tell: () => reject(failed(error)), hasFailed: true };
    }
  }

  #giveUp(): void {
    this.#isStuck = true;
    for (const { reject } of [...this.#batch.splice(0), ...this.#queue.splice(0)]) reject(timedOut());
  }
}

function timedOut(): SluiceError {
  const message = `LMDB has not committed within ${COMMIT_TIMEOUT_MS / 1_000} s, and it is not known whether it will: look for a process that was stopped while it wrote to the folder, and at the disk.`;
  return new SluiceError("LOG_FAILED", message);
}

function outrun(): SluiceError {
  const message = `Other processes have written to this channel without a break for ${COMMIT_TIMEOUT_MS / 1_000} s: this event was not published.`;
  return new SluiceError("LOG_FAILED", message);
}

/** LMDB says EIO for a page that fits in part, which is what a full disk makes of it. */
function failed(cause: unknown): SluiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `LMDB could not commit: ${reason}. Is there room on the disk?`;
  return new SluiceError("LOG_FAILED", message, { cause });
}
