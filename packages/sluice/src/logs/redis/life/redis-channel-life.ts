import type { SluiceError } from "../../../base/sluice-error.ts";
import { closedError } from "../../shared/closed-error.ts";
import { LogView } from "../../shared/log-view.ts";
import type { ChannelKeys } from "../channel-keys.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import type { RedisGate } from "../connection/redis-gate.ts";
import { findLife, keepsChangingError } from "./find-life.ts";
import { runOf } from "./run-of.ts";

/** Lives that one call may meet. More mean that something is broken. */
export const MAX_LIVES_PER_CALL = 5;

/** The life of a channel's log, as this process knows it. Work that meets another life is repeated in that life. */
export class RedisChannelLife {
  readonly gate: RedisGate;
  readonly keys: ChannelKeys;
  /** True if the life must be looked up before anything else is done: a lookup is running, or the last one failed. */
  isUnsure = false;
  isClosed = false;
  readonly #onChange: () => void;
  #view: LogView | undefined;
  #refreshing: Promise<void> | undefined;

  /** `onChange` is called after the log entered another life. Its newest entry may then be older than before. */
  constructor(gate: RedisGate, keys: ChannelKeys, onChange: () => void) {
    this.gate = gate;
    this.keys = keys;
    this.#onChange = onChange;
  }

  /** The view of the log. Throws before the first {@link enter}. */
  get view(): LogView {
    if (this.#view === undefined) throw new Error("The log is not open yet.");
    return this.#view;
  }

  get epoch(): string {
    return this.view.epoch;
  }

  /** Looks up the life over a connection that leads to `run`. The first call opens the log. */
  async enter(connection: RedisConnection, run: string): Promise<void> {
    this.isUnsure = true;
    const { life, first, last } = await findLife(connection, this.keys, run, this.#view?.seen);
    this.isUnsure = false;
    if (this.#view === undefined) {
      this.#view = new LogView(life, first, last);
      return;
    }
    const isOther = life.epoch !== this.epoch;
    this.#view.enterLife(life, first, last);
    if (isOther) this.#onChange();
  }

  /**
   * Looks up the life again. Sets `isUnsure` at once, so that nothing is sent meanwhile. Concurrent calls share one
   * lookup.
   */
  refresh(connection: RedisConnection): Promise<void> {
    this.isUnsure = true;
    this.#refreshing ??= runOf(connection)
      .then((run) => this.enter(connection, run))
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  /**
   * Runs idempotent `work` until it succeeds in the life that this process knows. `work` returns `undefined` if it met
   * another life.
   */
  use<T>(work: (connection: RedisConnection) => Promise<T | undefined>): Promise<T> {
    if (this.isClosed) return Promise.reject(closedError());
    return this.gate.use(async (connection) => {
      for (let lives = 0; lives < MAX_LIVES_PER_CALL; lives++) {
        if (this.isUnsure) await this.refresh(connection);
        const result = await work(connection);
        if (result !== undefined) return result;
        await this.refresh(connection);
      }
      throw this.keepsChangingError();
    });
  }

  keepsChangingError(): SluiceError {
    return keepsChangingError(this.keys);
  }

  /** Refuses further work, and removes the listener of the view. */
  close(): void {
    this.isClosed = true;
    this.view.tail({ appended() {}, trimmed() {}, reset() {} })();
  }
}
