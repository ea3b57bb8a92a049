import { isSluiceError } from "../../base/errors/is-sluice-error.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import { messageOf } from "../../base/errors/thrown.ts";
import { afterTurn, quietSleep, timeLimit } from "../../base/time/timers.ts";
import type { LmdbStore } from "./store/lmdb-store.ts";

/** A change of a channel that waits to be committed. */
interface Task<T = unknown> {
  readonly channel: number;
  /**
   * Prepares the writes ({@link LmdbStore.change}). Runs again if another process changed the channel first. May throw
   * a `SluiceError`.
   */
  readonly prepare: () => T;
  readonly resolve: (result: T) => void;
  readonly reject: (error: unknown) => void;
  /** When to stop retrying, in ms of `performance.now()`. */
  readonly deadline: number;
}

/** The outcome of one attempt at a task. */
interface Outcome {
  /**
   * Resolves or rejects the task. Absent if another process changed the channel first: then the task is tried again.
   */
  readonly settle?: () => void;
  readonly hasFailed?: boolean;
}

/** Maximum number of tasks in one transaction. Each is of another channel. */
const MAX_TASKS = 64;

/**
 * How long callers wait for a commit, in ms. Even a slow disk takes seconds at most. A process stopped during a commit
 * takes longer.
 */
export const COMMIT_TIMEOUT_MS = 15_000;

/**
 * Group commit: all changes requested in one event-loop turn, and all requested while a commit is running, go into one
 * transaction.
 *
 * LMDB takes the write lock on another thread, and only for the writing. The writes are prepared before, and take
 * effect only if no other process has changed the channel since. If one has, they are prepared again.
 */
export class LmdbWriter {
  readonly #store: LmdbStore;
  readonly #onDoubt: (channel: number) => void;
  #queue: Task[] = [];
  /** The tasks of the running transaction. */
  #batch: Task[] = [];
  #writing: Promise<void> | undefined;
  /** True while a commit is running that has exceeded its timeout. */
  #isStuck = false;
  #hasFailed = false;

  /** Calls `onDoubt` if a change of this channel was rejected and may have been committed nevertheless. */
  constructor(store: LmdbStore, onDoubt: (channel: number) => void) {
    this.#store = store;
    this.#onDoubt = onDoubt;
  }

  /** True if the newest commit of this process failed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Changes a channel. Resolves to the result of `prepare` when its writes are on disk. Rejects with `LOG_FAILED`. */
  run<T>(channel: number, prepare: () => T): Promise<T> {
    if (this.#isStuck) return Promise.reject(timedOut());
    return new Promise<T>((resolve, reject) => {
      const deadline = performance.now() + COMMIT_TIMEOUT_MS;
      this.#queue.push({ channel, prepare, resolve, reject, deadline } as Task);
      this.#writing ??= this.#write();
    });
  }

  /** Waits until no commit is running. Resolves to false if a commit does not end. */
  async whenIdle(): Promise<boolean> {
    while (this.#writing !== undefined && !this.#isStuck) {
      await Promise.race([this.#writing, quietSleep(COMMIT_TIMEOUT_MS)]);
    }
    return !this.#isStuck;
  }

  async #write(): Promise<void> {
    // Everything else that is requested in this turn joins the transaction.
    await new Promise<void>(afterTurn);
    for (let attempts = this.#begin(); attempts.length > 0; ) {
      const channels = this.#batch.map(({ channel }) => channel);
      const stopLimit = timeLimit(() => this.#giveUp(), COMMIT_TIMEOUT_MS);
      const outcomes = await Promise.all(attempts);
      stopLimit();
      this.#hasFailed = outcomes.some(({ hasFailed }) => hasFailed);
      if (this.#isStuck || this.#hasFailed) for (const channel of channels) this.#onDoubt(channel);
      // If the commit took too long, `#giveUp` has emptied the batch, and nothing is tried again.
      this.#queue.unshift(...this.#batch.filter((_, i) => outcomes[i]!.settle === undefined));
      this.#isStuck = false;
      // Begin the next transaction before the callers of this one continue, so that their work does not delay it
      // (docs/decisions/022-lmdb-overlaps-transactions.md).
      attempts = this.#begin();
      for (const { settle } of outcomes) settle?.();
    }
    this.#writing = undefined;
  }

  /** Hands the next transaction to LMDB. If the files are lost, rejects all changes instead. */
  #begin(): Promise<Outcome>[] {
    const lost = this.#store.files.check();
    if (lost !== undefined) {
      for (const { reject } of this.#queue.splice(0)) reject(lost);
      return [];
    }
    this.#batch = this.#takeBatch();
    if (this.#batch.length > 0) this.#store.beginTransaction(this.#batch.map(({ channel }) => channel));
    return this.#batch.map((task) => this.#attempt(task));
  }

  /** Takes one task per channel: a second one must see what the first has written. */
  #takeBatch(): Task[] {
    const batch = new Map<number, Task>();
    for (const task of this.#queue) {
      if (batch.size < MAX_TASKS && !batch.has(task.channel)) batch.set(task.channel, task);
    }
    const taken = [...batch.values()];
    this.#queue = this.#queue.filter((task) => batch.get(task.channel) !== task);
    return taken;
  }

  async #attempt({ channel, prepare, resolve, reject, deadline }: Task): Promise<Outcome> {
    let result: unknown;
    try {
      const isWritten = await this.#store.change(channel, () => {
        result = prepare();
      });
      // `#begin` has checked the files since: a change of a lost file is not acknowledged.
      if (isWritten)
        return { settle: () => (this.#store.files.lost ? reject(this.#store.files.lost) : resolve(result)) };
      return performance.now() < deadline ? {} : { settle: () => reject(outpaced()) };
    } catch (error) {
      if (isSluiceError(error)) return { settle: () => reject(error) };
      return { settle: () => reject(failed(error)), hasFailed: true };
    }
  }

  #giveUp(): void {
    this.#isStuck = true;
    for (const { reject } of [...this.#batch.splice(0), ...this.#queue.splice(0)]) reject(timedOut());
  }
}

function timedOut(): SluiceError {
  const message =
    `LMDB did not commit within ${COMMIT_TIMEOUT_MS / 1_000} s, and may still do so. ` +
    "Check the disk, and look for a process that was stopped while it wrote to the folder.";
  return new SluiceError("LOG_FAILED", message);
}

function outpaced(): SluiceError {
  const message =
    `Other processes wrote to this channel without a pause for ${COMMIT_TIMEOUT_MS / 1_000} s, ` +
    "so this change was not written. Try it again.";
  return new SluiceError("LOG_FAILED", message);
}

/**
 * On a full disk LMDB often reports EIO, because a page was written in part. So the message asks for room in any case.
 */
function failed(cause: unknown): SluiceError {
  return new SluiceError("LOG_FAILED", `LMDB could not commit: ${messageOf(cause)}. Check that the disk has room.`, {
    cause,
  });
}
