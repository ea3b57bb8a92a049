import type { Retention } from "../log.ts";
import { startAgeChecks } from "../shared/age-checks.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import type { RedisChannelLife } from "./life/redis-channel-life.ts";
import { limitText, NO_LIMIT } from "./redis-scripts.ts";

/** Trims a channel's log: what is beyond its limits, and what somebody wants dropped. Whoever appends trims by itself. */
export class RedisRetention {
  readonly #life: RedisChannelLife;
  readonly #retain: Retention;
  #isDropping = false;
  #stopAgeChecks: () => void = () => undefined;

  constructor(life: RedisChannelLife, retain: Retention) {
    this.#life = life;
    this.#retain = retain;
  }

  /** Drops what is beyond the limits, now and whenever something may have become too old. */
  start(inBackground: (work: Promise<void>) => void): void {
    inBackground(this.#dropWhatIsOver());
    this.#stopAgeChecks = startAgeChecks(this.#retain.age, () => inBackground(this.#dropWhatIsOver()));
  }

  stop(): void {
    this.#stopAgeChecks();
  }

  async trim(through: number): Promise<void> {
    const { known } = this.#life;
    const { epoch } = known;
    await this.#life.use((connection) => {
      // In another life those entries may be gone, and others in their places.
      if (epoch !== known.epoch && (known.holds(epoch) ?? 0) < through) return Promise.resolve(true);
      return this.#drop(connection, [NO_LIMIT, NO_LIMIT, "0", String(through)]);
    });
  }

  async #dropWhatIsOver(): Promise<void> {
    const { connection } = this.#life.gate;
    if (connection === undefined || this.#isDropping) return;
    this.#isDropping = true;
    try {
      const { events, bytes, age } = this.#retain;
      const oldest = age === Number.POSITIVE_INFINITY ? 0 : Math.max(0, Date.now() - age);
      await this.#drop(connection, [limitText(events), limitText(bytes), String(oldest), "0"]);
    } finally {
      this.#isDropping = false;
    }
  }

  /** Drops what is beyond the limits, some at a time; `undefined` if the log is in another life than we know. */
  async #drop(connection: RedisConnection, limits: readonly string[]): Promise<true | undefined> {
    const { known, keys } = this.#life;
    for (;;) {
      const { epoch } = known;
      const answer = (await connection.run("drop", keys, [epoch, ...limits])) as [number, number, number] | [];
      if (answer.length === 0 || epoch !== known.epoch) return undefined;
      // What others appended may not be known here yet: it is told first, where it is still there.
      if (answer[0] <= known.last + 1) known.trimmed(answer[0]);
      if (answer[2] === 0) return true;
    }
  }
}
