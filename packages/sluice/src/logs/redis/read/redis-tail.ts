import { afterTurn } from "../../../base/time/timers.ts";
import type { ReadBudget } from "../../shared/bounds/read-budget.ts";
import { closedError } from "../../shared/failures/closed-error.ts";
import { Pause } from "../connection/pause.ts";
import type { RedisClients } from "../connection/redis-client.ts";
import { RedisConnection } from "../connection/redis-connection.ts";
import type { RedisGate } from "../connection/redis-gate.ts";
import { BlockedRead } from "./blocked-read.ts";
import { catchUp } from "./catch-up.ts";
import { ChangeStream } from "./change-stream.ts";
import { NamedRead, type TailedChannel } from "./named-read.ts";
import { BLOCK_MS, ReadTimes } from "./read-times.ts";

/**
 * If an XREAD began longer ago than this, in ms, the process may have missed much: it was busy or stopped. Then it
 * catches up before the next XREAD, which would return entries of every channel that is behind.
 */
const STALE_MS = 100;
/**
 * Pause after a read that returned only entries of this process, in ms. Without it, each append would cost such a read,
 * and so twice the work.
 */
const ECHO_PAUSE_MS = 5;
/** The base of the pause before a new connection, in ms. It doubles. */
const RETRY_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Channels that one XREAD names at most. Redis takes time for each of them, at every read. With more, the tail waits
 * for the stream of changes, and reads the channels that it names.
 */
const MAX_NAMED_CHANNELS = 256;

/** Options of {@link RedisTail}. */
export interface RedisTailOptions {
  readonly clients: RedisClients;
  /** The log's timeout, in ms. */
  readonly timeout: number;
  readonly gate: RedisGate;
  readonly budget: ReadBudget;
  /** See {@link SharedKeys.changes}. */
  readonly changesKey: string;
  readonly onError: (error: unknown) => void;
  /** Called when reads succeed again after `onError` was called. */
  readonly onRecovered: () => void;
}

/**
 * Follows the streams of all channels over one connection of its own: a single blocking XREAD waits for all of them.
 */
export class RedisTail {
  readonly #options: RedisTailOptions;
  readonly #channels = new Map<string, TailedChannel>();
  readonly #pause = new Pause();
  #connection: RedisConnection | undefined;
  readonly #blocked: BlockedRead;
  /** When this process last knew every entry, by `performance.now()`. */
  #upToDateAt = Number.NEGATIVE_INFINITY;
  readonly #named = new NamedRead();
  /** Channels that joined in this event-loop turn. */
  readonly #joined: TailedChannel[] = [];
  #failures = 0;
  /** Failures while the gate kept its connection: Redis works, and this connection alone does not. */
  #refusals = 0;
  /** `undefined` while one XREAD names all channels. */
  #changes: ChangeStream | undefined;
  readonly #times = new ReadTimes();
  #isRunning = false;
  #isClosed = false;

  constructor(options: RedisTailOptions) {
    this.#options = options;
    this.#blocked = new BlockedRead(options.gate);
  }

  /** True if the tail reads only the channels that the stream of changes names: there are many. */
  get followsChanges(): boolean {
    return this.#changes !== undefined;
  }

  follow(channel: TailedChannel): void {
    this.#channels.set(channel.keys[0], channel);
    if (!this.#isRunning) void this.#run();
    if (this.followsChanges) this.#readJoined(channel);
    else this.reread();
  }

  /** Ends the read in flight, so that the next one has all channels and their current positions. */
  reread(): void {
    this.hurry();
    this.#blocked.interrupt();
  }

  /** Stops following a channel. The read in flight continues; entries of the channel are ignored. */
  leave(channel: TailedChannel): void {
    if (this.#isFollowed(channel)) this.#channels.delete(channel.keys[0]);
  }

  /** Ends a pause: there are entries to read. */
  hurry(): void {
    this.#pause.end();
  }

  /**
   * Returns true if the tail has missed an entry that a log has and this process lacks. `since`: when an earlier check
   * found it missing, by `performance.now()`; `undefined` if none did. Replaces the connection if it may lead to a
   * server that sends nothing. See {@link ReadTimes.judge}.
   */
  hasMissed(since: number | undefined): boolean {
    if (since === undefined) return false;
    const { hasMissed, isDeaf } = this.#times.judge(since, this.followsChanges);
    if (isDeaf) this.renew(new Error("it delivers nothing"));
    return hasMissed;
  }

  /** Replaces the connection. */
  renew(reason: Error): void {
    this.#connection?.end(reason);
  }

  close(reason: Error): void {
    this.#isClosed = true;
    this.renew(reason);
    this.hurry();
  }

  async #run(): Promise<void> {
    const { clients, timeout, gate, onError } = this.#options;
    this.#isRunning = true;
    while (!this.#isClosed) {
      let working: RedisConnection | undefined;
      let failure: unknown;
      try {
        // Wait until commands reach Redis. Reads will then, too.
        working = await gate.open({ idle: true });
        const connection = await RedisConnection.open(clients.make(), clients.address, timeout);
        this.#connection = connection;
        const id = String(await connection.send(["CLIENT", "ID"]));
        await connection.loadScripts();
        this.#upToDateAt = Number.NEGATIVE_INFINITY;
        this.#changes = undefined;
        this.#times.restart();
        while (!this.#isClosed) {
          this.#times.begin();
          await this.#read(connection, id);
          this.#times.end();
        }
      } catch (error) {
        failure = error;
        this.#failures++;
      }
      this.#connection?.end(closedError());
      this.#blocked.ended();
      if (!this.#isClosed) {
        await this.#pause.start(Math.min(LONGEST_PAUSE_MS, RETRY_PAUSE_MS * 2 ** this.#failures));
      }
      // If the gate has lost its connection too, the gate reports the outage. It may notice that a little later.
      const isRefused = !this.#isClosed && working !== undefined && working === gate.connection;
      if (isRefused && ++this.#refusals === 2) onError(failure);
    }
  }

  async #read(connection: RedisConnection, id: string): Promise<void> {
    if (this.#channels.size === 0) return this.#pause.start(BLOCK_MS);
    if (this.#channels.size > MAX_NAMED_CHANNELS) return this.#readChanges(connection, id);
    this.#changes = undefined;
    if (performance.now() - this.#upToDateAt > STALE_MS) {
      this.#named.readFew();
      await this.#catchUp(connection, this.#channels.values());
    }
    const sentAt = performance.now();
    this.#blocked.began(id);
    this.#times.asked();
    const found = await this.#named.read(connection, this.#channels, BLOCK_MS);
    this.#succeeded();
    this.#upToDateAt = sentAt;
    if (found === undefined) return;
    if (found.behind.length > 0) await this.#catchUp(connection, found.behind);
    else if (!found.hasNew) await this.#pause.start(ECHO_PAUSE_MS);
  }

  /** Waits for changes, and reads the channels that they name, unless this process has their entries already. */
  async #readChanges(connection: RedisConnection, id: string): Promise<void> {
    if (this.#changes === undefined) {
      this.#changes = await ChangeStream.begin(connection, this.#options.changesKey);
      return this.#catchUp(connection, this.#channels.values());
    }
    const changes = this.#changes;
    this.#blocked.began(id);
    this.#times.asked();
    const found = await changes.read(BLOCK_MS);
    this.#succeeded();
    if (found.length === 0) return;
    this.#times.delivered();
    const behind = new Set<TailedChannel>();
    for (const { stream, end } of found) {
      const channel = this.#channels.get(stream);
      if (channel !== undefined && (end === undefined || !channel.hasReceived(end))) behind.add(channel);
    }
    const [hasDropped] = await Promise.all([changes.hasDropped(), this.#catchUp(connection, behind)]);
    if (hasDropped) return this.#catchUp(connection, this.#channels.values());
    // Changes that arrive meanwhile are read together.
    if (!changes.hasMore) await this.#pause.start(ECHO_PAUSE_MS);
  }

  /**
   * Reads a new channel once, together with those that join in the same event-loop turn. An entry that was appended
   * after it was opened may have been noted before the tail followed it.
   */
  #readJoined(channel: TailedChannel): void {
    if (this.#joined.push(channel) > 1) return;
    afterTurn(() => {
      const joined = this.#joined.splice(0);
      const { connection } = this.#options.gate;
      // A new connection of the tail begins with a look at all channels.
      if (connection === undefined) return this.renew(new Error("the connection was lost"));
      this.#catchUp(connection, joined).catch((error) => this.renew(error));
    });
  }

  #succeeded(): void {
    this.#times.answered();
    this.#blocked.ended();
    if (this.#refusals > 1) this.#options.onRecovered();
    this.#failures = 0;
    this.#refusals = 0;
  }

  #isFollowed(channel: TailedChannel): boolean {
    return this.#channels.get(channel.keys[0]) === channel;
  }

  #catchUp(connection: RedisConnection, channels: Iterable<TailedChannel>): Promise<void> {
    const { budget } = this.#options;
    return catchUp({ connection, budget }, channels, (channel) => this.#isFollowed(channel));
  }
}
