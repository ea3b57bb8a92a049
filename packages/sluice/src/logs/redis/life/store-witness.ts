import { SluiceError } from "../../../base/errors/sluice-error.ts";
import { newEpoch } from "../../shared/life/epoch.ts";
import type { SharedKeys } from "../channel-keys.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import { runOf } from "./run-of.ts";
import { newTimeline, nextTimeline, parseTimeline, type Timeline } from "./timeline.ts";

/** The state of Redis at one moment. */
export interface StoreState {
  /** See {@link runOf}. */
  readonly run: string;
  readonly timeline: Timeline;
  /** Number of the newest visit of any node. */
  readonly newest: number;
}

/** Other nodes may begin a timeline at the same moment. More tries mean that something is broken. */
const MAX_TRIES = 10;

type Visit = [isBack: number, number: number, newest: number, timeline: string];

/**
 * Recognises that Redis went back in time, for all channels, also closed ones. This process numbers its visits, and
 * Redis keeps the newest number. If Redis has an earlier one at the next visit, an older copy was restored.
 */
export class StoreWitness {
  readonly #keys: SharedKeys;
  readonly #node = newEpoch();
  readonly #onBack: (connection: RedisConnection, state: StoreState) => void;
  /** Number of this process's last visit. */
  #number = 0;
  #timeline: Timeline | undefined;
  /** True if this process has seen something of the store since the last visit that it counted. */
  #hasSeen = true;

  /** `onBack` is called when another timeline has begun. */
  constructor(keys: SharedKeys, onBack: (connection: RedisConnection, state: StoreState) => void) {
    this.#keys = keys;
    this.#onBack = onBack;
  }

  /** ID of the timeline that this process saw last. */
  get timelineId(): string | undefined {
    return this.#timeline?.id;
  }

  /** Records that this process has seen something of the store. The next look counts as a visit. */
  saw(): void {
    this.#hasSeen = true;
  }

  /**
   * Finds out the state of Redis. Begins another timeline if Redis went back in time. Calls of one event-loop turn
   * share one answer.
   */
  look(connection: RedisConnection): Promise<StoreState> {
    return connection.askOnce(this.#look);
  }

  readonly #look = async (connection: RedisConnection): Promise<StoreState> => {
    const [run, { timeline, newest }] = await Promise.all([runOf(connection), this.#visit(connection)]);
    const state = { run, timeline, newest };
    const isBack = this.#timeline !== undefined && this.#timeline.id !== timeline.id;
    this.#timeline = timeline;
    if (isBack) this.#onBack(connection, state);
    return state;
  };

  async #visit(connection: RedisConnection): Promise<Omit<StoreState, "run">> {
    const counts = this.#hasSeen;
    this.#hasSeen = false;
    try {
      const keys = [this.#keys.timeline, this.#keys.nodes];
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const args = [this.#node, String(this.#number), counts ? "1" : "0", JSON.stringify(newTimeline())];
        const [isBack, number, newest, text] = (await connection.run("visit", keys, args)) as Visit;
        const timeline = parseTimeline(text);
        this.#number = number;
        if (isBack === 0) return { timeline: timeline!, newest };
        const known = this.#timeline;
        // Another node may have begun the timeline already.
        if (known !== undefined && timeline?.former.some(([id]) => id === known.id)) continue;
        const next = nextTimeline(timeline, known, number);
        await connection.run("declare", keys, [text, JSON.stringify(next)]);
      }
    } catch (error) {
      this.#hasSeen ||= counts;
      throw error;
    }
    const message = "Redis keeps going back in time. Check that the address does not lead to more than one Redis.";
    throw new SluiceError("LOG_FAILED", message);
  }
}
