import { quietSleep } from "../../base/time/timers.ts";
import type { Channel } from "../channel.ts";
import type { GapReason } from "../event/gap.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import type { OpenChannel } from "../open-channel.ts";
import type { Follower } from "./follower.ts";

/** State computed by applying a channel's events in order. */
export interface ProjectedState {
  /** Applies the next event. */
  apply(event: KeptEvent): void;
  /** Forgets everything: events were lost, and the events that the log still has follow. */
  restart(reason: GapReason): void;
}

/** Options of a {@link Projection}. */
export interface ProjectionOptions {
  readonly channel: Channel;
  readonly state: ProjectedState;
  /** First event to apply: the oldest kept one, or the next one published. */
  readonly from: "now" | "start";
  readonly onError: (error: unknown) => void;
}

/** Pause before the next attempt to open or read the log. */
const RETRY_MS = 1_000;

/** Follows a channel while it is open, and applies its events to a state. */
export class Projection {
  readonly #options: ProjectionOptions;
  #follower: Follower | undefined;
  /** Offset up to which every event has been applied. */
  #reached = -1;
  #stopped = false;
  /** Callers of {@link caughtUp} and the offsets they wait for. */
  #waiting: { readonly offset: number; readonly done: () => void }[] = [];

  constructor(options: ProjectionOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Resolves when every event this process has received has been applied, or when the projection has stopped. */
  async caughtUp(): Promise<void> {
    const { newest: offset } = await this.#options.channel.open();
    if (!this.#stopped && this.#reached < offset)
      await new Promise<void>((done) => this.#waiting.push({ offset, done }));
  }

  stop(): void {
    this.#stopped = true;
    this.#follower?.stop();
    this.#resolveUpTo(Number.POSITIVE_INFINITY);
  }

  async #run(): Promise<void> {
    const channel = await this.#untilOpen();
    if (channel === undefined) return;
    const { from, state, onError } = this.#options;
    const follower = channel.follow(from);
    this.#follower = follower;
    this.#resolveUpTo(follower.position.offset);
    while (!this.#stopped) {
      try {
        const found = await follower.next();
        if (found === undefined) break;
        if ("gap" in found) {
          state.restart(found.gap?.reason ?? "trimmed");
          this.#lowerWaiting(channel.newest);
        } else for (const event of found) this.#apply(event);
        this.#resolveUpTo(follower.position.offset);
      } catch (error) {
        // A log that is being closed fails a read in flight.
        if (this.#stopped) break;
        onError(error);
        await quietSleep(RETRY_MS);
      }
    }
    this.stop();
  }

  /**
   * Retries until the channel is open. Reports only the first failure. Resolves to `undefined` if the channel closes.
   */
  async #untilOpen(): Promise<OpenChannel | undefined> {
    const { channel, onError } = this.#options;
    for (let isReported = false; !this.#stopped; isReported = true) {
      try {
        return await channel.open();
      } catch (error) {
        if (!isReported) onError(error);
        if (channel.closed) break;
        await quietSleep(RETRY_MS);
      }
    }
    return undefined;
  }

  /** Applies an event. If that fails, the events after it are still applied. */
  #apply(event: KeptEvent): void {
    try {
      this.#options.state.apply(event);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** After a loss, an offset that a caller waits for may never come again. */
  #lowerWaiting(newest: number): void {
    this.#waiting = this.#waiting.map(({ offset, done }) => ({ offset: Math.min(offset, newest), done }));
  }

  #resolveUpTo(reached: number): void {
    this.#reached = reached;
    const due = this.#waiting.filter(({ offset }) => offset <= reached);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter(({ offset }) => offset > reached);
    for (const { done } of due) done();
  }
}
