import type { Retention } from "../log.ts";
import { type AgeTimers, startAgeChecks } from "../shared/age-checks.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import type { RedisChannelLife } from "./life/redis-channel-life.ts";
import { limitText, NO_LIMIT } from "./scripts/limit-text.ts";

/**
 * Trims a channel's log to its limits, and on request. The append script itself trims by events and bytes; this adds
 * the age.
 */
export class RedisRetention {
  readonly #life: RedisChannelLife;
  readonly #retain: Retention;
  readonly #timers: AgeTimers;
  #isTrimming = false;
  #stopAgeChecks: () => void = () => undefined;

  constructor(life: RedisChannelLife, retain: Retention, timers: AgeTimers) {
    this.#life = life;
    this.#timers = timers;
    this.#retain = retain;
  }

  /** Trims the log to its limits now, and again at each check of the age. */
  start(inBackground: (work: Promise<void>) => void): void {
    const trimToLimits = () => {
      const { first, last } = this.#life.view;
      if (first <= last) inBackground(this.#trimToLimits());
    };
    trimToLimits();
    this.#stopAgeChecks = startAgeChecks(
      { age: this.#retain.age, timers: this.#timers },
      () => this.#life.view,
      (through) => {
        if (through >= this.#life.view.first) inBackground(this.trim(through));
        trimToLimits();
      },
    );
  }

  stop(): void {
    this.#stopAgeChecks();
  }

  /** Drops every entry up to and including the offset `through`. */
  async trim(through: number): Promise<void> {
    const { view } = this.#life;
    const { epoch } = view;
    await this.#life.use((connection) => {
      // In another life, other entries may have these offsets.
      if (epoch !== view.epoch && (view.holds(epoch) ?? 0) < through) return Promise.resolve(true);
      return this.#drop(connection, [NO_LIMIT, NO_LIMIT, NO_LIMIT, String(through)]);
    });
  }

  async #trimToLimits(): Promise<void> {
    const { connection } = this.#life.gate;
    if (connection === undefined || this.#life.isUnsure || this.#isTrimming) return;
    this.#isTrimming = true;
    try {
      const { events, bytes, age } = this.#retain;
      await this.#drop(connection, [limitText(events), limitText(bytes), limitText(age), "0"]);
    } finally {
      this.#isTrimming = false;
    }
  }

  /** Drops the entries beyond the limits, a part in each call. Returns `undefined` if the log is in another life. */
  async #drop(connection: RedisConnection, limits: readonly string[]): Promise<true | undefined> {
    const { view, keys } = this.#life;
    for (;;) {
      const { epoch } = view;
      const answer = (await connection.run("drop", keys, [epoch, ...limits])) as [number, number, number] | [];
      if (answer.length === 0 || epoch !== view.epoch) return undefined;
      const [first, , hasMore] = answer;
      // If the view lacks entries before `first`, the tail delivers them first, as far as they are still there.
      if (first <= view.last + 1) view.trimmed(first);
      if (hasMore === 0) return true;
    }
  }
}
