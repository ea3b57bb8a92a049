import { SluiceError } from "../../protocol/sluice-error.ts";
import { parseEntry } from "../entry-text.ts";
import { KnownLog } from "../known-log.ts";
import type { ChannelLog, LogEntry, NewEntry, Retention, TailListener } from "../log.ts";
import { entryBytes } from "../log.ts";
import type { AppendCall } from "./redis-append-call.ts";
import { MAX_LIVES_PER_CALL, RedisAppender } from "./redis-appender.ts";
import type { RedisConnection } from "./redis-connection.ts";
import type { RedisGate } from "./redis-gate.ts";
import { type ChannelKeys, findLife, runOf } from "./redis-life.ts";
import type { Follower, StreamEntry } from "./redis-reader.ts";
import { NO_LIMIT } from "./redis-scripts.ts";

/** How often entries are checked for their age, as a part of the age allowed, in ms. */
const AGE_CHECKS_PER_LIFE = 10;
const MAX_AGE_CHECK_MS = 60_000;

/** What is read at once to catch up. */
const PAGE_ENTRIES = 512;
const PAGE_BYTES = 1_048_576;

/** What a channel needs of the log that it is one of. */
export interface ChannelHost {
  readonly gate: RedisGate;
  /** More was appended than this process knows: whoever follows the stream is to look. */
  hurry(): void;
  /** The log is in another life, and may have gone back. */
  restarted(): void;
  /** Nothing comes from whoever follows the stream, and something should have. */
  stalled(): void;
  left(channel: RedisChannelLog): void;
  onError(error: unknown): void;
}

/** The log of one channel in Redis. */
export class RedisChannelLog implements ChannelLog, Follower {
  readonly #host: ChannelHost;
  readonly #keys: ChannelKeys;
  readonly #retain: Retention;
  #known!: KnownLog;
  /** Whether the life could not be found out on this connection: then nothing is done before it is. */
  #isUnsure = false;
  readonly #appender: RedisAppender;
  #refreshing: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #isLooking = false;
  #lastAtLook = -1;
  #isDropping = false;
  #isClosed = false;
  #ageTimer: ReturnType<typeof setInterval> | undefined;

  constructor(host: ChannelHost, keys: ChannelKeys, retain: Retention) {
    this.#host = host;
    this.#keys = keys;
    this.#retain = retain;
    const limits = [limit(retain.events), limit(retain.bytes)];
    const channel = this;
    this.#appender = new RedisAppender({
      gate: host.gate,
      get epoch() {
        return channel.epoch;
      },
      get isUnsure() {
        return channel.#isUnsure;
      },
      refresh: (connection) => this.#refresh(connection),
      run: async (connection, epoch, args) =>
        (await connection.run("append", keys, [epoch, ...limits, ...args])) as number[],
      appended: (call, epoch, answer) => this.#appended(call, epoch, answer),
      tooManyLives: () => livesTooFast(this.stream),
    });
  }

  get stream(): string {
    return this.#keys[0];
  }

  get epoch(): string {
    return this.#known.epoch;
  }

  get first(): number {
    return this.#known.first;
  }

  get last(): number {
    return this.#known.last;
  }

  get lostAfter(): number {
    return this.#known.lostAfter;
  }

  holds(epoch: string): number | undefined {
    return this.#known.holds(epoch);
  }

  /** Finds out which life the log is in, on a connection over which nothing has been done yet. The first time opens the log. */
  async enter(connection: RedisConnection, run: string): Promise<void> {
    this.#isUnsure = true;
    const { life, first, last } = await findLife(connection, this.#keys, run, this.#known?.seen);
    this.#isUnsure = false;
    if (this.#known === undefined) {
      this.#known = new KnownLog(life, first, last);
      return;
    }
    const isOther = life.epoch !== this.epoch;
    this.#known.lives(life, first, last);
    if (isOther) this.#host.restarted();
  }

  /** Begins to look after its retention. */
  keepToLimits(): void {
    this.#inBackground(this.#dropWhatIsOver());
    const { age } = this.#retain;
    if (age === Number.POSITIVE_INFINITY) return;
    const every = Math.max(1, Math.min(MAX_AGE_CHECK_MS, age / AGE_CHECKS_PER_LIFE));
    this.#ageTimer = setInterval(() => this.#inBackground(this.#dropWhatIsOver()), every);
    (this.#ageTimer as { unref?(): void }).unref?.();
  }

  append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    if (this.#isClosed) return Promise.reject(this.#host.gate.closedError());
    if (entries.length === 0) return Promise.resolve([]);
    return this.#appender.append(entries);
  }

  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone"> {
    return this.#use(async (connection) => {
      const found: LogEntry[] = [];
      let left = bytes;
      for (;;) {
        const next = after + found.length;
        const page = await this.#readPage(connection, next, events - found.length, left);
        if (page === undefined) return undefined;
        if (page.first > next + 1) return found.length > 0 ? found : "gone";
        for (const entry of page.entries) {
          found.push(entry);
          left -= entryBytes(entry);
        }
        const isAll = page.entries.length === 0 || after + found.length >= page.last;
        if (isAll || found.length >= events || left <= 0) return found;
      }
    });
  }

  tail(listener: TailListener): () => void {
    return this.#known.tail(listener);
  }

  sync(): Promise<void> {
    // All of one turn ask once, when the turn is over.
    this.#syncing ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#syncing = undefined;
        resolve(this.#catchUp());
      });
    });
    return this.#syncing;
  }

  positionOf(id: string): Promise<number | undefined> {
    return this.#use(async (connection) => {
      const [epoch, offset] = (await connection.run("find", this.#keys, [`=${id}`])) as [string?, number?];
      return epoch === this.epoch ? { offset } : undefined;
    }).then(({ offset }) => offset);
  }

  async trim(through: number): Promise<void> {
    const { epoch } = this;
    await this.#use((connection) => {
      // In another life those entries may be gone, and others in their places.
      if (epoch !== this.epoch && (this.holds(epoch) ?? 0) < through) return Promise.resolve(true);
      return this.#drop(connection, [NO_LIMIT, NO_LIMIT, "0", String(through)]);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#host.left(this);
    clearInterval(this.#ageTimer);
    this.#known.tail({ appended() {}, trimmed() {}, reset() {} })();
    await this.#appender.close();
  }

  take(entries: readonly StreamEntry[]): boolean {
    const news: LogEntry[] = [];
    for (const [id, [epoch, text]] of entries) {
      const offset = Number.parseInt(id, 10);
      if (offset <= this.last) continue;
      if (epoch !== this.epoch) {
        // Another life: what it is comes first, and with it what is to be told of it.
        this.#known.read(news);
        this.#inBackground(this.sync());
        return false;
      }
      news.push(parseEntry(offset, text));
    }
    this.#known.read(news);
    return news.length > 0;
  }

  /** Looks whether anything changed that no reader is told: the life, and what was trimmed; and whether the reader keeps up. */
  async look(connection: RedisConnection): Promise<void> {
    if (this.#isLooking || this.#isClosed) return;
    this.#isLooking = true;
    try {
      const { epoch } = this;
      const [first, last, life] = (await connection.run("look", this.#keys, [epoch])) as [number, number, string?];
      if (life !== undefined || this.#isUnsure) await this.#refresh(connection);
      else if (epoch === this.epoch) this.#known.trimmed(first);
      const stands = this.last === this.#lastAtLook;
      this.#lastAtLook = this.last;
      if (!stands || last <= this.last) return;
      this.#host.stalled();
      await this.sync();
    } finally {
      this.#isLooking = false;
    }
  }

  #appended(call: AppendCall, epoch: string, answer: readonly number[]): readonly (readonly number[])[] {
    const [first, before, last, ...known] = answer;
    const { offsets, added } = call.outcome(before!, known);
    if (epoch === this.epoch) {
      this.#known.appended(added);
      if (this.last < last!) this.#host.hurry();
      this.#known.trimmed(first!);
    } else if ((this.holds(epoch) ?? 0) < last!) {
      // The log began another life meanwhile, and that has not all of them.
      throw new SluiceError("LOG_FAILED", "Redis lost what was just appended: it was emptied. Publish it again.");
    }
    // Also what had its ID before, and what the life before this one has appended.
    this.#known.acknowledged(last!);
    return offsets;
  }

  /** What follows an offset, in one step; `undefined` if it is of another life than we know. */
  async #readPage(
    connection: RedisConnection,
    after: number,
    events: number,
    bytes: number,
  ): Promise<{ first: number; last: number; entries: LogEntry[] } | undefined> {
    const args = [String(after), limit(events), limit(bytes)];
    const answer = (await connection.run("read", this.#keys, args)) as [string, number, number, ...string[]];
    const [epoch, first, last, ...texts] = answer;
    if (epoch !== this.epoch) return undefined;
    const entries = texts.map((text, i) => parseEntry(after + 1 + i, text));
    return { first, last, entries };
  }

  #catchUp(): Promise<void> {
    return this.#use(async (connection) => {
      const { epoch } = this;
      const [first, last, life] = (await connection.run("look", this.#keys, [epoch])) as [number, number, string?];
      if (life !== undefined || epoch !== this.epoch) return undefined;
      while (this.last < last) {
        const after = this.last;
        const page = await this.#readPage(connection, after, PAGE_ENTRIES, PAGE_BYTES);
        if (page === undefined || epoch !== this.epoch) return undefined;
        this.#known.read(page.entries);
        this.#known.trimmed(page.first);
        if (page.entries.length === 0 && this.last === after) break;
      }
      this.#known.trimmed(first);
      return true;
    }).then(() => {});
  }

  /** Does what may be done twice, until it was done in the life that we know; `work` answers `undefined` where it met another. */
  #use<T>(work: (connection: RedisConnection) => Promise<T | undefined>): Promise<T> {
    if (this.#isClosed) return Promise.reject(this.#host.gate.closedError());
    return this.#host.gate.use(async (connection) => {
      for (let lives = 0; lives < MAX_LIVES_PER_CALL; lives++) {
        if (this.#isUnsure) await this.#refresh(connection);
        const result = await work(connection);
        if (result !== undefined) return result;
        await this.#refresh(connection);
      }
      throw livesTooFast(this.stream);
    });
  }

  /** Finds out anew which life the log is in. Marks it unsure at once, so that nothing is sent meanwhile. */
  #refresh(connection: RedisConnection): Promise<void> {
    this.#isUnsure = true;
    this.#refreshing ??= runOf(connection)
      .then((run) => this.enter(connection, run))
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  async #dropWhatIsOver(): Promise<void> {
    const { connection } = this.#host.gate;
    if (connection === undefined || this.#isDropping) return;
    this.#isDropping = true;
    try {
      const { events, bytes, age } = this.#retain;
      const oldest = age === Number.POSITIVE_INFINITY ? 0 : Math.max(0, Date.now() - age);
      await this.#drop(connection, [limit(events), limit(bytes), String(oldest), "0"]);
    } finally {
      this.#isDropping = false;
    }
  }

  /** Drops what is beyond the limits, some at a time; `undefined` if the log is in another life than we know. */
  async #drop(connection: RedisConnection, limits: readonly string[]): Promise<true | undefined> {
    for (;;) {
      const { epoch } = this;
      const answer = (await connection.run("drop", this.#keys, [epoch, ...limits])) as [number, number, number] | [];
      if (answer.length === 0 || epoch !== this.epoch) return undefined;
      // What others appended may not be known here yet: it is told first, where it is still there.
      if (answer[0] <= this.last + 1) this.#known.trimmed(answer[0]);
      if (answer[2] === 0) return true;
    }
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error) => {
      // That the connection is gone is told by the gate.
      if (this.#host.gate.connection !== undefined && !this.#isClosed) this.#host.onError(error);
    });
  }
}

function limit(value: number): string {
  return value === Number.POSITIVE_INFINITY ? NO_LIMIT : String(value);
}

function livesTooFast(stream: string): SluiceError {
  return new SluiceError("LOG_FAILED", `${stream} keeps changing its life: is more than one Redis behind one address?`);
}
