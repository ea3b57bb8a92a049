import type { NewEntry } from "../../log.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import { MAX_LIVES_PER_CALL, type RedisChannelLife } from "../life/redis-channel-life.ts";
import { type Append, AppendCall } from "./append-call.ts";

/** The channel that is appended to. */
export interface AppendTarget {
  readonly life: Pick<RedisChannelLife, "gate" | "epoch" | "isUnsure" | "refresh" | "keepsChanging">;
  /** Runs the script; nothing when the log is in another life. */
  run(connection: RedisConnection, epoch: string, args: readonly string[]): Promise<readonly number[]>;
  /** What the script answered; throws where the entries may be lost again. Returns the offsets of each append. */
  appended(call: AppendCall, epoch: string, answer: readonly number[]): readonly (readonly number[])[];
}

/** Appends what is given to it within one turn of the event loop by one call of the script, and does not wait for the answer before the next. */
export class RedisAppender {
  readonly #target: AppendTarget;
  readonly #queue: Append[] = [];
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
      setImmediate(() => void this.#flush());
    });
  }

  /** Rejects what was not sent, and resolves once what was is answered. */
  async close(): Promise<void> {
    this.#rejectQueue(this.#target.life.gate.closedError());
    await Promise.all(this.#calls);
  }

  async #flush(): Promise<void> {
    try {
      const { life } = this.#target;
      const connection = life.gate.connection ?? (await life.gate.open());
      while (life.isUnsure) {
        await life.refresh(connection);
        // What was refused is appended again before what came later.
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

  /** What Redis was asked and did not answer is never asked again: it may have been done. */
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
        // Nothing was appended, since the log has begun another life.
        await life.refresh(connection);
      }
      throw life.keepsChanging();
    } catch (error) {
      for (const { reject } of call.appends) reject(error);
    }
  }

  #rejectQueue(error: unknown): void {
    for (const { reject } of this.#queue.splice(0)) reject(error);
  }
}
