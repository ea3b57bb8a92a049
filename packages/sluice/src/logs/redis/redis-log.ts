import { checkNames, checkNumber, invalidOption } from "../../base/checks/check-option.ts";
import { messageOf } from "../../base/errors/thrown.ts";
import type { ChannelLog, Log, OpenOptions } from "../log.ts";
import { AgeTimers } from "../shared/age-checks.ts";
import { OpenTurns } from "../shared/bounds/open-turns.ts";
import { ReadBudget } from "../shared/bounds/read-budget.ts";
import { closedError } from "../shared/failures/closed-error.ts";
import { OutOfReach, TAIL_OUTAGE } from "../shared/failures/out-of-reach.ts";
import { ClosedChannels } from "../shared/view/closed-channels.ts";
import { ChannelChecks } from "./channel-checks.ts";
import type { ChannelHost } from "./channel-host.ts";
import { channelKeys, type SharedKeys, sharedKeys } from "./channel-keys.ts";
import { type RedisClient, type RedisClients, redisClients } from "./connection/redis-client.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import { RedisGate } from "./connection/redis-gate.ts";
import type { EntryMark } from "./life/entry-mark.ts";
import { type StoreState, StoreWitness } from "./life/store-witness.ts";
import { RedisTail } from "./read/redis-tail.ts";
import { RedisChannelLog } from "./redis-channel-log.ts";

export type { RedisClient } from "./connection/redis-client.ts";

/** Options of {@link redisLog}. Give either `client` or `url`. */
export interface RedisLogOptions {
  /**
   * A client of the package `redis`, made by `createClient`; not one of a cluster, pool or Sentinel. The log uses the
   * client only as a model: it makes connections of its own with `duplicate()`. The client need not be connected, and
   * the log never closes it. Its `keyPrefix` is ignored. Default: none. Either `client` or `url` must be given.
   */
  readonly client?: RedisClient | undefined;
  /**
   * `redis://user:password@host:port/database`, or `rediss://` for TLS. Errors never show it. Default: none. Either
   * `client` or `url` must be given.
   */
  readonly url?: string | undefined;
  /** Beginning of all keys. Logs with the same prefix in the same database are the same log. Default: `"sluice:"`. */
  readonly prefix?: string | undefined;
  /**
   * Time for Redis to answer, in ms, from 1. An operation without an answer then rejects, and the log replaces a
   * connection that does not answer. An append may wait twice as long: once for a connection, and once for the answer.
   * If there never was a connection and no server listens at the address, operations reject at once. Default: 5,000.
   */
  readonly timeout?: number | undefined;
  /**
   * Bytes of events that this process reads from Redis at a time, over all channels: to catch up, to replay, and for
   * `history()`. While it catches up, they count until its subscribers have taken them, or 100 ms longer. The pages of
   * slower subscribers may take half as much again. At least 65,536. An event that alone has more is read by
   * itself. Default: 8,388,608 (8 MiB).
   */
  readonly maxReadBytes?: number | undefined;
}

const OPTION_NAMES = ["client", "url", "prefix", "timeout", "maxReadBytes"] as const;
const DEFAULT_PREFIX = "sluice:";
const DEFAULT_TIMEOUT_MS = 5_000;
const MAX_TIMEOUT_MS = 2 ** 30;
const DEFAULT_READ_BYTES = 8_388_608;
const MIN_READ_BYTES = 65_536;
/** Channels that are opened at a time: enough for a slow network, and few enough for a slow server. */
const MAX_OPENING = 256;

/**
 * Keeps events in Redis (6.2 or newer) or Valkey: one stream per channel, shared by any number of processes. Throws
 * `INVALID_OPTION`. With `url`, opening a channel rejects with `MISSING_PACKAGE` if the package `redis` is not
 * installed.
 *
 * `publish` resolves when the primary has the event. Redis's configuration (`appendonly`, `appendfsync`, replicas)
 * decides how durable it is there. `publish` rejects with `LOG_FAILED` if Redis refuses, is unreachable, or does not
 * answer in time. The event may then be stored or not. If Redis restarts, fails over or comes back empty, a new epoch
 * begins. A subscriber whose position is still valid resumes from it; any other subscriber receives a gap.
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
  readonly #options: RedisLogOptions;
  readonly #prefix: string;
  readonly #sharedKeys: SharedKeys;
  readonly #clients: RedisClients;
  readonly #gate: RedisGate;
  readonly #tail: RedisTail;
  readonly #budget: ReadBudget;
  readonly #timeout: number;
  readonly #openTurns: OpenTurns;
  readonly #witness: StoreWitness;
  readonly #channels: ChannelChecks;
  readonly #closedChannels = new ClosedChannels<EntryMark | undefined>();
  readonly #ageTimers = new AgeTimers();
  /** Those of the channel opened last. A lost connection concerns all channels, and is reported once. */
  #onError: (error: unknown) => void = () => undefined;
  #onRecovered: (outage: string) => void = () => undefined;
  #isClosed = false;

  constructor(options: RedisLogOptions) {
    checkNames("redisLog", options, OPTION_NAMES);
    const { client, url, prefix = DEFAULT_PREFIX } = options;
    if (typeof prefix !== "string") throw invalidOption("prefix", "a string", prefix);
    const range = { min: 1, max: MAX_TIMEOUT_MS, unit: "ms" };
    const timeout = checkNumber("timeout", options.timeout, DEFAULT_TIMEOUT_MS, range);
    const reads = { min: MIN_READ_BYTES, whole: true, unit: "bytes" };
    this.#budget = new ReadBudget(checkNumber("maxReadBytes", options.maxReadBytes, DEFAULT_READ_BYTES, reads));
    const clients = redisClients(client, url, timeout);
    this.#openTurns = new OpenTurns(timeout, MAX_OPENING);
    this.#timeout = timeout;
    this.#options = { ...options };
    this.#prefix = prefix;
    this.#sharedKeys = sharedKeys(prefix);
    this.#clients = clients;
    const onError = (error: unknown) => this.#onError(error);
    this.#witness = new StoreWitness(this.#sharedKeys, (connection, state) => this.#wentBack(connection, state));
    this.#gate = new RedisGate(clients, timeout, {
      prepare: (connection) => this.#prepare(connection),
      onLost: (error) => {
        this.#tail.renew(error);
        onError(error);
      },
    });
    this.#channels = new ChannelChecks({ gate: this.#gate, witness: this.#witness, onError });
    this.#tail = new RedisTail({
      clients,
      timeout,
      gate: this.#gate,
      budget: this.#budget,
      changesKey: this.#sharedKeys.changes,
      onError: (cause) => {
        const store = `Redis at ${clients.address}`;
        const message = `${store} lets this process receive no events: ${messageOf(cause)} The log keeps trying.`;
        onError(new OutOfReach(message, { cause, store, outage: TAIL_OUTAGE }));
      },
      onRecovered: () => this.#onRecovered(TAIL_OUTAGE),
    });
  }

  get maxReadBytes(): number {
    return this.#budget.limit;
  }

  async open(channel: string, { retain, onError = () => undefined, onRecovered }: OpenOptions): Promise<ChannelLog> {
    await this.#clients.load();
    if (this.#isClosed) throw closedError();
    this.#onError = onError;
    if (onRecovered !== undefined) this.#onRecovered = onRecovered;
    const keys = channelKeys(this.#prefix, channel);
    const host: ChannelHost = {
      gate: this.#gate,
      sharedKeys: this.#sharedKeys,
      witness: this.#witness,
      ageTimers: this.#ageTimers,
      budget: this.#budget,
      before: this.#closedChannels.recall(channel),
      hurry: () => this.#tail.hurry(),
      lifeChanged: () => this.#tail.reread(),
      hasMissed: (since) => this.#tail.hasMissed(since),
      closed: () => this.#forget(channel, log),
      onError,
    };
    const log: RedisChannelLog = new RedisChannelLog(host, keys, retain);
    await this.#openTurns.run(() => this.#enter(log), this.#noneOpened);
    if (this.#isClosed) throw closedError();
    this.#closedChannels.forget(channel);
    this.#channels.add(log);
    log.keepToLimits();
    this.#tail.follow(log.tailed);
    return log;
  }

  #enter(log: RedisChannelLog): Promise<void> {
    // The look counts as a visit: this process is about to see the log.
    this.#witness.saw();
    return this.#gate.use(async (connection) => log.enter(connection, await this.#witness.look(connection)));
  }

  readonly #noneOpened = (): OutOfReach => {
    const store = `Redis at ${this.#clients.address}`;
    return new OutOfReach(`${store} opened none of the channels that wait, within ${this.#timeout} ms.`, { store });
  };

  toJSON(): object {
    // A client has state: what it is made from counts.
    const { client } = this.#options as { readonly client?: { readonly options?: unknown } };
    return { ...this.#options, client: client?.options };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // While connected, wait for the answers to appends in flight.
    if (this.#gate.connection === undefined) this.#gate.close();
    await this.#channels.close();
    this.#gate.close();
    this.#tail.close(closedError());
  }

  /**
   * Prepares a new connection: looks up each channel's life, so that losses are known before any other command is sent.
   */
  async #prepare(connection: RedisConnection): Promise<void> {
    await connection.loadScripts();
    await this.#channels.enterAll(connection, await this.#witness.look(connection));
  }

  /** Every channel begins another life. */
  #wentBack(connection: RedisConnection, state: StoreState): void {
    // A new connection looks up each life anyway.
    if (connection !== this.#gate.connection) return;
    this.#channels.enterAll(connection, state).catch(() => {
      // The connection is lost.
    });
  }

  /** A channel that is closed must not forget what this process saw before Redis knows that it did. */
  #forget(channel: string, log: RedisChannelLog): void {
    this.#channels.delete(log);
    this.#tail.leave(log.tailed);
    if (this.#isClosed) return;
    log.rememberIn(this.#closedChannels, channel);
    const { connection } = this.#gate;
    if (connection === undefined) return;
    this.#witness.look(connection).catch(() => {
      // The next check repeats it.
    });
  }
}
