import type { RedisClients } from "./connection/redis-client.ts";
import { RedisConnection } from "./connection/redis-connection.ts";
import type { RedisGate } from "./connection/redis-gate.ts";

/** An entry as XREAD answers it: its ID, and its one field. */
export type StreamEntry = readonly [id: string, field: readonly [epoch: string, text: string]];

/** A channel that is followed. */
export interface Follower {
  /** The key of its stream. */
  readonly stream: string;
  /** Offset of the newest entry known. */
  readonly last: number;
  /** Takes entries that were read; says whether any of them was news. */
  take(entries: readonly StreamEntry[]): boolean;
}

/** How long a read waits for something to come, in ms. One of ours that is not woken ends by itself then. */
const BLOCK_MS = 2_000;
/** Entries read at once of each channel: fewer when they are large, since Redis has no limit of bytes here. */
const MAX_READ_ENTRIES = 256;
const FIRST_READ_ENTRIES = 32;
const MAX_READ_CHARS = 2_097_152;
/**
 * Pause after a read that brought no news, in ms: it met only what this process had appended itself, and so would the next, and double the
 * work of each append.
 */
const ECHO_PAUSE_MS = 5;
/** Pause before a read that could not be woken is woken again, and before another connection is made: the longer the more often, in ms. */
const RETRY_PAUSE_MS = 20;
const LAST_PAUSE_MS = 1_000;

/** Follows the streams of all channels over one connection, on which one read waits for whatever comes first. */
export class RedisReader {
  readonly #clients: RedisClients;
  readonly #timeout: number;
  readonly #gate: RedisGate;
  readonly #onError: (error: unknown) => void;
  readonly #followers = new Map<string, Follower>();
  #connection: RedisConnection | undefined;
  /** The client ID of the connection on which a read waits that is to end. */
  #uninformed: string | undefined;
  #reading: string | undefined;
  #count = FIRST_READ_ENTRIES;
  #failures = 0;
  #isRunning = false;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(clients: RedisClients, timeout: number, gate: RedisGate, onError: (error: unknown) => void) {
    this.#clients = clients;
    this.#timeout = timeout;
    this.#gate = gate;
    this.#onError = onError;
  }

  follow(follower: Follower): void {
    this.#followers.set(follower.stream, follower);
    if (!this.#isRunning) void this.#run();
    this.reread();
  }

  /** Ends the read that waits now, which does not know all followers, or not where they are. */
  reread(): void {
    this.hurry();
    this.#uninformed = this.#reading;
    if (this.#uninformed !== undefined) void this.#unblock(this.#uninformed);
  }

  /** A read that waits for this channel among others goes on doing so; what it brings is left. */
  leave(follower: Follower): void {
    if (this.#followers.get(follower.stream) === follower) this.#followers.delete(follower.stream);
  }

  /** There is something to read: no pause now. */
  hurry(): void {
    this.#wake?.();
  }

  /** Makes a new connection: the one there is may lead to where nothing comes any more. */
  renew(reason: Error): void {
    this.#connection?.end(reason);
  }

  close(reason: Error): void {
    this.#isClosed = true;
    this.renew(reason);
    this.hurry();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (!this.#isClosed) {
      try {
        // Where commands get through, so will reads.
        await this.#gate.open();
        const connection = await RedisConnection.open(this.#clients.make(), this.#clients.address, this.#timeout);
        this.#connection = connection;
        const id = String(await connection.send(["CLIENT", "ID"]));
        while (!this.#isClosed) await this.#read(connection, id);
      } catch (error) {
        // Where the gate has none either, it tells of it.
        if (this.#failures++ === 1 && this.#gate.connection !== undefined) this.#onError(error);
      }
      this.#connection?.end(this.#gate.closedError());
      this.#reading = undefined;
      this.#uninformed = undefined;
      if (!this.#isClosed) await this.#pause(Math.min(LAST_PAUSE_MS, RETRY_PAUSE_MS * 2 ** this.#failures));
    }
  }

  async #read(connection: RedisConnection, id: string): Promise<void> {
    if (this.#followers.size === 0) return this.#pause(BLOCK_MS);
    const streams = [...this.#followers.values()];
    const words = ["XREAD", "COUNT", String(this.#count), "BLOCK", String(BLOCK_MS), "STREAMS"];
    for (const { stream } of streams) words.push(stream);
    for (const { last } of streams) words.push(`${last}-0`);
    this.#reading = id;
    const answer = await connection.send(words, BLOCK_MS);
    this.#reading = undefined;
    this.#uninformed = undefined;
    this.#failures = 0;
    if (answer === null || answer === undefined) return;
    let isNews = false;
    let chars = 0;
    // RESP2 answers a list of pairs, RESP3 a map.
    const pairs = (Array.isArray(answer) ? answer : Object.entries(answer)) as [string, StreamEntry[]][];
    for (const [stream, entries] of pairs) {
      if (this.#followers.get(stream)?.take(entries)) isNews = true;
      for (const [, [, text]] of entries) chars += text.length;
    }
    this.#count = Math.min(MAX_READ_ENTRIES, Math.max(1, Math.floor(this.#count * (chars > MAX_READ_CHARS ? 0.5 : 2))));
    if (!isNews) await this.#pause(ECHO_PAUSE_MS);
  }

  async #unblock(id: string): Promise<void> {
    try {
      while (this.#uninformed === id) {
        const woken = await this.#gate.connection?.send(["CLIENT", "UNBLOCK", id]);
        if (woken === 1) return;
        // It may not have begun to wait.
        await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
      }
    } catch {
      // A user who may not do this gets what is new when the read ends by itself.
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
