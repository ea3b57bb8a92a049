import { SluiceError } from "../../../base/sluice-error.ts";
import { LogView } from "../../shared/log-view.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import type { RedisGate } from "../connection/redis-gate.ts";
import { type ChannelKeys, findLife, runOf } from "./find-life.ts";

/** A log whose life changes this often under one call has something wrong with it. */
export const MAX_LIVES_PER_CALL = 5;

/** The life that a channel's log is in, as far as this process knows; what is done in it is done again where that was another. */
export class RedisChannelLife {
  readonly gate: RedisGate;
  readonly keys: ChannelKeys;
  /** Whether the life could not be found out on this connection: then nothing is done before it is. */
  isUnsure = false;
  isClosed = false;
  readonly #changed: () => void;
  #known: LogView | undefined;
  #refreshing: Promise<void> | undefined;

  /** `changed`: the log is in another life than before, and may have gone back. */
  constructor(gate: RedisGate, keys: ChannelKeys, changed: () => void) {
    this.gate = gate;
    this.keys = keys;
    this.#changed = changed;
  }

  /** What is known of the log, once it was entered. */
  get known(): LogView {
    if (this.#known === undefined) throw new Error("The log is not open yet.");
    return this.#known;
  }

  get epoch(): string {
    return this.known.epoch;
  }

  /** Finds out which life the log is in, on a connection over which nothing has been done yet. The first time opens the log. */
  async enter(connection: RedisConnection, run: string): Promise<void> {
    this.isUnsure = true;
    const { life, first, last } = await findLife(connection, this.keys, run, this.#known?.seen);
    this.isUnsure = false;
    if (this.#known === undefined) {
      this.#known = new LogView(life, first, last);
      return;
    }
    const isOther = life.epoch !== this.epoch;
    this.#known.enterLife(life, first, last);
    if (isOther) this.#changed();
  }

  /** Finds out anew which life the log is in. Marks it unsure at once, so that nothing is sent meanwhile. */
  refresh(connection: RedisConnection): Promise<void> {
    this.isUnsure = true;
    this.#refreshing ??= runOf(connection)
      .then((run) => this.enter(connection, run))
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  /** Does what may be done twice, until it was done in the life that we know; `work` answers `undefined` where it met another. */
  use<T>(work: (connection: RedisConnection) => Promise<T | undefined>): Promise<T> {
    if (this.isClosed) return Promise.reject(this.gate.closedError());
    return this.gate.use(async (connection) => {
      for (let lives = 0; lives < MAX_LIVES_PER_CALL; lives++) {
        if (this.isUnsure) await this.refresh(connection);
        const result = await work(connection);
        if (result !== undefined) return result;
        await this.refresh(connection);
      }
      throw this.keepsChanging();
    });
  }

  keepsChanging(): SluiceError {
    const message = `${this.keys[0]} keeps changing its life: is more than one Redis behind one address?`;
    return new SluiceError("LOG_FAILED", message);
  }

  close(): void {
    this.isClosed = true;
    this.known.tail({ appended() {}, trimmed() {}, reset() {} })();
  }
}
