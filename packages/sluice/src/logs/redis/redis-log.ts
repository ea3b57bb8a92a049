import { checkNames, checkNumber, invalidOption } from "../../base/check-option.ts";
import type { ChannelLog, Log, OpenOptions } from "../log.ts";
import { type RedisClient, redisClients } from "./connection/redis-client.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import { RedisGate } from "./connection/redis-gate.ts";
import { channelKeys, runOf } from "./life/find-life.ts";
import { RedisChannelLog } from "./redis-channel-log.ts";
import { RedisReader } from "./redis-tail.ts";

export type { RedisClient } from "./connection/redis-client.ts";

/** Where Redis is (`client` or `url`), and how it is used. */
export interface RedisLogOptions {
  /**
   * A client of the package `redis`, made by `createClient`; not one of a cluster, pool or Sentinel. It is only a model: connections of our own are
   * made by its `duplicate()`, it need not be connected, and it is never closed. Its `keyPrefix` does not count.
   */
  readonly client?: RedisClient | undefined;
  /** `redis://user:password@host:port/database`, or `rediss://` for TLS. Never shown in an error. */
  readonly url?: string | undefined;
  /** What all keys begin with; `"sluice:"` unless told. Logs with the same prefix, in the same database, are the same log. */
  readonly prefix?: string | undefined;
  /**
   * How long Redis may take to answer, in ms; 5,000 unless told. What gets no answer, also because there is no connection, rejects then, and a connection
   * without an answer is given up. An append may take that long twice: once for a connection, once for the answer. Where there never was a connection,
   * and nobody is at the address, it rejects at once.
   */
  readonly timeout?: number | undefined;
}

const OPTION_NAMES = ["client", "url", "prefix", "timeout"] as const;
const DEFAULT_PREFIX = "sluice:";
const DEFAULT_TIMEOUT_MS = 5_000;

/** How soon what no reader is told is noticed, in ms: another's trimming, a Redis that was emptied, a reader that stands still. */
const LOOK_EVERY_MS = 1_000;

/**
 * Keeps events in Redis (6.2 or newer) or Valkey: one stream per channel, which any number of processes share. Throws
 * `INVALID_OPTION`; importing this module without the package `redis` rejects with `MISSING_PACKAGE`.
 *
 * `publish` resolves when the primary has the event; how safe it is there is up to Redis' own configuration (`appendonly`, `appendfsync`, replicas).
 * It rejects with `LOG_FAILED` when Redis refuses, is not reached, or does not answer in time: then the event may or may not be there.
 * A Redis that restarts, fails over or comes back empty begins a new epoch: positions of what it still has stay, others are told as a gap.
 *
 * ```ts
 * const sluice = createSluice({ log: redisLog({ url: "redis://127.0.0.1:6379" }) });
 * ```
 */
export function redisLog(options: RedisLogOptions): Log {
  return new RedisLog(options);
}

class RedisLog implements Log {
  readonly shared = true;
  readonly #prefix: string;
  readonly #gate: RedisGate;
  readonly #reader: RedisReader;
  readonly #channels = new Set<RedisChannelLog>();
  /** The one that was given last: what goes wrong here goes wrong for all channels. */
  #onError: (error: unknown) => void = () => undefined;
  #lookTimer: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;

  constructor(options: RedisLogOptions) {
    checkNames("redisLog", options, OPTION_NAMES);
    const { client, url, prefix = DEFAULT_PREFIX } = options;
    if (typeof prefix !== "string") throw invalidOption("prefix", "a string", prefix);
    const timeout = checkNumber("timeout", options.timeout, DEFAULT_TIMEOUT_MS, { min: 1, max: 2 ** 30, unit: "ms" });
    const clients = redisClients(client, url, timeout);
    this.#prefix = prefix;
    const report = (error: unknown) => this.#onError(error);
    this.#gate = new RedisGate(clients, timeout, {
      enter: (connection) => this.#enter(connection),
      onLost: (error) => {
        this.#reader.renew(error);
        report(error);
      },
    });
    this.#reader = new RedisReader(clients, timeout, this.#gate, report);
  }

  async open(channel: string, { retain, onError = () => undefined }: OpenOptions): Promise<ChannelLog> {
    if (this.#isClosed) throw this.#gate.closedError();
    this.#onError = onError;
    const keys = channelKeys(this.#prefix, channel);
    const host = {
      gate: this.#gate,
      hurry: () => this.#reader.hurry(),
      restarted: () => this.#reader.reread(),
      stalled: () => this.#reader.renew(new Error("nothing comes over it")),
      left: (log: RedisChannelLog) => this.#forget(log),
      onError,
    };
    const log = new RedisChannelLog(host, keys, retain);
    await this.#gate.use(async (connection) => log.enter(connection, await runOf(connection)));
    if (this.#isClosed) throw this.#gate.closedError();
    this.#channels.add(log);
    log.keepToLimits();
    this.#reader.follow(log);
    this.#lookTimer ??= this.#startLooking();
    return log;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#lookTimer);
    // What was sent is waited for, while there is somebody to answer.
    if (this.#gate.connection === undefined) this.#gate.close();
    await Promise.all([...this.#channels].map((log) => log.close()));
    this.#gate.close();
    this.#reader.close(this.#gate.closedError());
  }

  /** The handshake of each connection: whatever was lost since the one before is known before anything else is done. */
  async #enter(connection: RedisConnection): Promise<void> {
    const run = await runOf(connection);
    await connection.loadScripts();
    await Promise.all(
      [...this.#channels].map(async (log) => {
        try {
          await log.enter(connection, run);
        } catch (error) {
          // What is wrong with one channel only is no harm to the others: it finds out its life before it does anything.
          if (connection.isOver) throw error;
          this.#onError(error);
        }
      }),
    );
  }

  #forget(log: RedisChannelLog): void {
    this.#channels.delete(log);
    this.#reader.leave(log);
  }

  #startLooking(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => {
      const { connection } = this.#gate;
      if (connection === undefined) return;
      for (const log of this.#channels) {
        log.look(connection).catch((error) => {
          if (!connection.isOver && !this.#isClosed) this.#onError(error);
        });
      }
    }, LOOK_EVERY_MS);
    (timer as { unref?(): void }).unref?.();
    return timer;
  }
}
