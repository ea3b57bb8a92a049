import { messageOf } from "../../base/errors/thrown.ts";
import { quietInterval, type Timer } from "../../base/time/timers.ts";
import { someAtATime } from "../shared/bounds/some-at-a-time.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import type { RedisGate } from "./connection/redis-gate.ts";
import type { StoreState, StoreWitness } from "./life/store-witness.ts";
import type { RedisChannelLog } from "./redis-channel-log.ts";

/**
 * Interval of checks, in ms. Only a check discovers other processes' trimming, an emptied Redis, and a stalled tail.
 */
const CHECK_MS = 1_000;
/** Channels that one check examines, so that the checks cost the same however many channels are open. */
const CHECKED_AT_ONCE = 100;
/** Channels that work for all channels deals with at a time. Their commands must be answered within the timeout. */
const CHANNELS_AT_ONCE = 256;

/** The log whose channels {@link ChannelChecks} examines. */
export interface CheckedLog {
  readonly gate: RedisGate;
  readonly witness: StoreWitness;
  /** Receives errors that no channel can report. */
  onError(error: unknown): void;
}

/** The open channels of a log, and the checks that find out what happened to them in Redis. */
export class ChannelChecks {
  readonly #log: CheckedLog;
  /** In the order of their checks. */
  readonly #channels = new Set<RedisChannelLog>();
  /** Channels that were behind at their last check. */
  readonly #behind = new Set<RedisChannelLog>();
  #timer: Timer | undefined;
  #isCheckingAll = false;
  /** Message of the last problem with Redis itself; `undefined` after a check without a problem. */
  #problem: string | undefined;
  #isClosed = false;

  constructor(log: CheckedLog) {
    this.#log = log;
  }

  add(channel: RedisChannelLog): void {
    this.#channels.add(channel);
    this.#timer ??= quietInterval(() => this.#check(), CHECK_MS);
  }

  delete(channel: RedisChannelLog): void {
    this.#channels.delete(channel);
    this.#behind.delete(channel);
  }

  /** Stops the checks, and closes all channels. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await Promise.all([...this.#channels].map((channel) => channel.close()));
  }

  /**
   * Looks up the life of each channel. An error of one channel does not stop the others: the channel looks up its life
   * again before it does anything.
   */
  enterAll(connection: RedisConnection, state: StoreState): Promise<void> {
    return someAtATime(this.#channels, CHANNELS_AT_ONCE, async (channel) => {
      try {
        await channel.enter(connection, state);
      } catch (error) {
        if (connection.isOver) throw error;
        if (!channel.isClosed) this.#log.onError(error);
      }
    });
  }

  /**
   * Checks Redis, and some channels: those that were behind at their last check, and those that were checked the
   * longest ago. If one of them met a new life, checks all.
   */
  #check(): void {
    const { connection } = this.#log.gate;
    if (connection === undefined) return;
    void this.#checkStore(connection);
    const due = new Set(this.#behind);
    this.#behind.clear();
    for (const channel of this.#channels) {
      if (due.size >= CHECKED_AT_ONCE) break;
      due.add(channel);
    }
    for (const channel of due) {
      if (this.#channels.delete(channel)) this.#channels.add(channel);
      void this.#checkOneOfMany(channel, connection);
    }
  }

  async #checkStore(connection: RedisConnection): Promise<void> {
    try {
      await this.#log.witness.look(connection);
      this.#problem = undefined;
    } catch (error) {
      const message = messageOf(error);
      if (connection.isOver || this.#isClosed || message === this.#problem) return;
      this.#problem = message;
      this.#log.onError(error);
    }
  }

  async #checkOneOfMany(channel: RedisChannelLog, connection: RedisConnection): Promise<void> {
    const { epoch } = channel;
    await this.#checkChannel(channel, connection);
    if (channel.wasBehind && this.#behind.size < CHECKED_AT_ONCE / 2) this.#behind.add(channel);
    if (this.#channels.size <= CHECKED_AT_ONCE || this.#isCheckingAll) return;
    if (channel.epoch === epoch || channel.wasDeletedBefore(epoch)) return;
    // The store may have lost something in all channels.
    this.#isCheckingAll = true;
    await someAtATime(this.#channels, CHANNELS_AT_ONCE, (other) => this.#checkChannel(other, connection));
    this.#isCheckingAll = false;
  }

  async #checkChannel(channel: RedisChannelLog, connection: RedisConnection): Promise<void> {
    try {
      await channel.check(connection);
    } catch (error) {
      if (!connection.isOver && !this.#isClosed) channel.report(error);
    }
  }
}
