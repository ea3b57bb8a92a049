import type { RedisConnection } from "../connection/redis-connection.ts";
import type { RedisChannelLife } from "../life/redis-channel-life.ts";

/** The end of a log at a check, and the end of what this process had received of it. */
interface Checked {
  /** By `performance.now()`. */
  readonly at: number;
  readonly epoch: string;
  readonly received: number;
  readonly last: number;
}

/** Finds out whether the entries of a channel arrive. */
export class ArrivalCheck {
  readonly #life: RedisChannelLife;
  readonly #hasMissed: (since: number | undefined) => boolean;
  /** The last check, or the first of several that found the same entries missing. */
  #checked: Checked = { at: 0, epoch: "", received: 0, last: 0 };

  /** `hasMissed`: see `RedisTail.hasMissed`. */
  constructor(life: RedisChannelLife, hasMissed: (since: number | undefined) => boolean) {
    this.#life = life;
    this.#hasMissed = hasMissed;
  }

  /** True if the log had more entries at the last check than this process had received. */
  get isBehind(): boolean {
    return this.#checked.received < this.#checked.last;
  }

  /** Checks the life. Resolves to true if the tail has missed entries. */
  async run(connection: RedisConnection): Promise<boolean> {
    const last = await this.#life.check(connection);
    const { epoch, received } = this.#life.view;
    const { isBehind } = this;
    const before = this.#checked;
    const isSame = before.epoch === epoch && before.received === received;
    if (isSame && received < last && this.#hasMissed(isBehind ? before.at : undefined)) return true;
    if (!isSame || !isBehind) this.#checked = { at: performance.now(), epoch, received, last };
    return false;
  }
}
