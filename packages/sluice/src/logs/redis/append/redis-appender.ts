import { afterTurn } from "../../../base/time/timers.ts";
import type { NewEntry } from "../../log.ts";
import { closedError } from "../../shared/failures/closed-error.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import { MAX_LIVES_PER_CALL, type RedisChannelLife } from "../life/redis-channel-life.ts";
import { AppendCall, type PendingAppend } from "./append-call.ts";

/** The channel that a {@link RedisAppender} appends to. */
export interface AppendTarget {
  readonly life: Pick<RedisChannelLife, "gate" | "epoch" | "isUnsure" | "refresh" | "keepsChangingError">;
  /** Runs the append script. Returns nothing if the log is in another epoch. */
  run(connection: RedisConnection, epoch: string, args: readonly string[]): Promise<readonly number[]>;
  /** Records the script's answer. Returns the offsets of each append. Throws if Redis lost the entries again. */
  appended(call: AppendCall, epoch: string, answer: readonly number[]): readonly (readonly number[])[];
}

/**
 * Appends entries to a channel's log. Appends of one event-loop turn share one call of the script. Calls are pipelined:
 * a call does not wait for the answer to the call before it.
 */
export class RedisAppender {
  readonly #target: AppendTarget;
  readonly #queue: PendingAppend[] = [];
  readonly #calls = new Set<Promise<void>>();
  #isFlushing = false;

  constructor(target: AppendTarget) {
    this.#target = target;
  }

  append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entries, resolve, reject });
      if (this.#isFlushing) return;
      this.#isFlushing = true;
      afterTurn(() => void this.#flush());
    });
  }

  /** Rejects appends that were not sent. Resolves once every call in flight has its answer. */
  async close(): Promise<void> {
    this.#rejectQueue(closedError());
    await Promise.all(this.#calls);
  }

  async #flush(): Promise<void> {
    try {
      const { life } = this.#target;
      const connection = life.gate.connection ?? (await life.gate.open());
      while (life.isUnsure) {
        await life.refresh(connection);
        // Calls that the old life refused are sent again first, to keep the order.
        await Promise.all(this.#calls);
      }
      while (this.#queue.length > 0) {
        const call = this.#send(connection, new AppendCall(this.#queue));
        this.#calls.add(call);
        void call.then(() => this.#calls.delete(call));
      }
    } catch (error) {
      this.#rejectQueue(error);
    } finally {
      this.#isFlushing = false;
    }
  }

  /**
   * Sends a call, and sends it again if the log began a new life. A call without an answer is never repeated: Redis may
   * have run it.
   */
  async #send(connection: RedisConnection, call: AppendCall): Promise<void> {
    const { life } = this.#target;
    try {
      for (let lives = 0; lives < MAX_LIVES_PER_CALL; lives++) {
        const { epoch } = life;
        const answer = await this.#target.run(connection, epoch, call.args);
        if (answer.length > 0) {
          const offsets = this.#target.appended(call, epoch, answer);
          for (const [i, { resolve }] of call.appends.entries()) resolve(offsets[i]!);
          return;
        }
        // The script refused the epoch and appended nothing.
        await life.refresh(connection);
      }
      throw life.keepsChangingError();
    } catch (error) {
      for (const { reject } of call.appends) reject(error);
    }
  }

  #rejectQueue(error: unknown): void {
    for (const { reject } of this.#queue.splice(0)) reject(error);
  }
}
