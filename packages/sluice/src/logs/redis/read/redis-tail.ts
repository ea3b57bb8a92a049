import { sleep } from "../../../base/timers.ts";
import { closedError } from "../../shared/closed-error.ts";
import type { ReadBudget } from "../../shared/read-budget.ts";
import { Pause } from "../connection/pause.ts";
import type { RedisClients } from "../connection/redis-client.ts";
import { RedisConnection } from "../connection/redis-connection.ts";
import type { RedisGate } from "../connection/redis-gate.ts";
import { catchUp, type FollowedChannel } from "./catch-up.ts";

/** An entry as XREAD returns it: its ID and its one field. */
export type StreamEntry = readonly [id: string, field: readonly [epoch: string, text: string]];

/** An entry of the stream of changes. Its field has the key of the channel's stream. */
type Change = readonly [id: string, field: readonly [string, string]];

/** Less than every ID of a stream. */
const FIRST_ID = "0-0";

/** A channel that a {@link RedisTail} follows. */
export interface TailedChannel extends FollowedChannel {
  /** ID of the entry after which to read. */
  readonly readAfter: string;
  /** Receives entries. Returns true if one of them was new to this process. */
  receive(entries: readonly StreamEntry[]): boolean;
}

/** Time for which an XREAD waits for entries, in ms. A read that cannot be unblocked ends after it. */
const BLOCK_MS = 2_000;
/**
 * XREAD has no limit of bytes, only one of entries per channel. So one XREAD brings few entries of all channels
 * together, and a script reads the rest. If the entries are small, a busy channel gets more, which saves the script.
 */
const FIRST_READ_ENTRIES = 8;
const MAX_READ_ENTRIES = 64;
const MIN_CHANNEL_ENTRIES = 2;
const MAX_SMALL_READ_CHARS = 65_536;
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
/**
 * Pause before a read is unblocked again, in ms, and the base of the pause before a new connection. The latter doubles.
 */
const RETRY_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Channels that one XREAD names at most. Redis takes time for each of them, at every read. With more, the tail waits
 * for the stream of changes, and reads the channels that it names.
 */
const MAX_NAMED_CHANNELS = 256;
/** Changes that one read returns at most. */
const CHANGES_PER_READ = 1_000;

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
  /** Client ID of the connection on which a read is in flight. */
  #reading: string | undefined;
  /** Client ID of the connection whose read must end: it began with outdated channels or positions. */
  #outdated: string | undefined;
  /** When this process last knew every entry, by `performance.now()`. */
  #upToDateAt = Number.NEGATIVE_INFINITY;
  /** Entries that the next XREAD may bring. */
  #entries = FIRST_READ_ENTRIES;
  #failures = 0;
  #isCatchingUp = false;
  /** ID of the newest change that was read; `undefined` while one XREAD names all channels. */
  #changesRead: string | undefined;
  #isRunning = false;
  #isClosed = false;

  constructor(options: RedisTailOptions) {
    this.#options = options;
  }

  /** True while the tail reads what this process has missed. */
  get isCatchingUp(): boolean {
    return this.#isCatchingUp;
  }

  /** True if the tail reads only the channels that the stream of changes names: there are many. */
  get followsChanges(): boolean {
    return this.#changesRead !== undefined;
  }

  follow(channel: TailedChannel): void {
    this.#channels.set(channel.keys[0], channel);
    if (!this.#isRunning) void this.#run();
    if (!this.followsChanges) this.reread();
  }

  /** Ends the read in flight, so that the next one has all channels and their current positions. */
  reread(): void {
    this.hurry();
    this.#outdated = this.#reading;
    if (this.#outdated !== undefined) void this.#unblock(this.#outdated);
  }

  /** Stops following a channel. The read in flight continues; entries of the channel are ignored. */
  leave(channel: TailedChannel): void {
    if (this.#isFollowed(channel)) this.#channels.delete(channel.keys[0]);
  }

  /** Ends a pause: there are entries to read. */
  hurry(): void {
    this.#pause.end();
  }

  /** Replaces the connection, which may lead to a server that sends nothing any more. */
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
      try {
        // Wait until commands reach Redis. Reads will then, too.
        await gate.open({ idle: true });
        const connection = await RedisConnection.open(clients.make(), clients.address, timeout);
        this.#connection = connection;
        const id = String(await connection.send(["CLIENT", "ID"]));
        await connection.loadScripts();
        this.#upToDateAt = Number.NEGATIVE_INFINITY;
        this.#changesRead = undefined;
        while (!this.#isClosed) await this.#read(connection, id);
      } catch (error) {
        // If the gate has no connection either, the gate reports the error.
        if (this.#failures++ === 1 && gate.connection !== undefined) onError(error);
      }
      this.#connection?.end(closedError());
      this.#reading = undefined;
      this.#outdated = undefined;
      if (!this.#isClosed) {
        await this.#pause.start(Math.min(LONGEST_PAUSE_MS, RETRY_PAUSE_MS * 2 ** this.#failures));
      }
    }
  }

  async #read(connection: RedisConnection, id: string): Promise<void> {
    if (this.#channels.size === 0) return this.#pause.start(BLOCK_MS);
    if (this.#channels.size > MAX_NAMED_CHANNELS) return this.#readChanges(connection, id);
    this.#changesRead = undefined;
    if (performance.now() - this.#upToDateAt > STALE_MS) {
      this.#entries = FIRST_READ_ENTRIES;
      await this.#catchUp(connection, this.#channels.values());
    }
    const channels = [...this.#channels.values()];
    const count = Math.max(MIN_CHANNEL_ENTRIES, Math.floor(this.#entries / channels.length));
    const words = ["XREAD", "COUNT", String(count), "BLOCK", String(BLOCK_MS), "STREAMS"];
    words.push(...this.#channels.keys());
    for (const { readAfter } of channels) words.push(readAfter);
    const sentAt = performance.now();
    this.#reading = id;
    const answer = await connection.send(words, BLOCK_MS);
    this.#succeeded();
    this.#upToDateAt = sentAt;
    if (answer === null || answer === undefined) return;
    let hasNew = false;
    let chars = 0;
    const behind: TailedChannel[] = [];
    // RESP2 returns a list of pairs, RESP3 a map.
    const pairs = (Array.isArray(answer) ? answer : Object.entries(answer)) as [string, StreamEntry[]][];
    for (const [stream, entries] of pairs) {
      for (const [, [, text]] of entries) chars += text.length;
      const channel = this.#channels.get(stream);
      if (channel?.receive(entries)) hasNew = true;
      if (channel !== undefined && entries.length >= count && entries.at(-1)![0] === channel.readAfter) {
        behind.push(channel);
      }
    }
    if (chars > MAX_SMALL_READ_CHARS) this.#entries = FIRST_READ_ENTRIES;
    else if (behind.length > 0) this.#entries = Math.min(MAX_READ_ENTRIES, this.#entries * 2);
    if (behind.length > 0) await this.#catchUp(connection, behind);
    else if (!hasNew) await this.#pause.start(ECHO_PAUSE_MS);
  }

  /** Waits for changes, and reads the channels that they name. */
  async #readChanges(connection: RedisConnection, id: string): Promise<void> {
    const { changesKey } = this.#options;
    if (this.#changesRead === undefined) {
      const newest = await connection.send(["XREVRANGE", changesKey, "+", "-", "COUNT", "1"]);
      this.#changesRead = (newest as Change[])[0]?.[0] ?? FIRST_ID;
      return this.#catchUp(connection, this.#channels.values());
    }
    const after = this.#changesRead;
    const words = ["XREAD", "COUNT", String(CHANGES_PER_READ), "BLOCK", String(BLOCK_MS), "STREAMS", changesKey, after];
    this.#reading = id;
    const answer = await connection.send(words, BLOCK_MS);
    this.#succeeded();
    if (answer === null || answer === undefined) return;
    const [pair] = (Array.isArray(answer) ? answer : Object.entries(answer)) as [string, Change[]][];
    const changes = pair![1];
    this.#changesRead = changes.at(-1)![0];
    const named = new Set(changes.map(([, [, stream]]) => this.#channels.get(stream)));
    named.delete(undefined);
    const [kept] = await Promise.all([
      connection.send(["XRANGE", changesKey, after, after]),
      this.#catchUp(connection, named as Set<TailedChannel>),
    ]);
    // If the stream has dropped the change that was read last, it may have dropped changes after it.
    const hasDropped = after === FIRST_ID ? changes.length === CHANGES_PER_READ : (kept as Change[]).length === 0;
    if (hasDropped) return this.#catchUp(connection, this.#channels.values());
    // Changes that arrive meanwhile are read together.
    await this.#pause.start(ECHO_PAUSE_MS);
  }

  #succeeded(): void {
    this.#reading = undefined;
    this.#outdated = undefined;
    if (this.#failures > 1) this.#options.onRecovered();
    this.#failures = 0;
  }

  #isFollowed(channel: TailedChannel): boolean {
    return this.#channels.get(channel.keys[0]) === channel;
  }

  async #catchUp(connection: RedisConnection, channels: Iterable<TailedChannel>): Promise<void> {
    const { budget } = this.#options;
    this.#isCatchingUp = true;
    try {
      await catchUp({ connection, budget }, channels, (channel) => this.#isFollowed(channel));
    } finally {
      this.#isCatchingUp = false;
    }
  }

  async #unblock(id: string): Promise<void> {
    try {
      while (this.#outdated === id) {
        const unblocked = await this.#options.gate.connection?.send(["CLIENT", "UNBLOCK", id]);
        if (unblocked === 1) return;
        // The read may not have begun to block.
        await sleep(RETRY_PAUSE_MS);
      }
    } catch {
      // If the user lacks the permission, the read ends by itself after BLOCK_MS.
    }
  }
}
