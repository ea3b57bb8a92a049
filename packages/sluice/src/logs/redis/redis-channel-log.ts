import { SluiceError } from "../../base/sluice-error.ts";
import type { ChannelLog, LogEntry, NewEntry, Retention } from "../log.ts";
import { entryBytes } from "../log.ts";
import { parseEntry } from "../shared/entry-text.ts";
import type { LogView } from "../shared/log-view.ts";
import { SharedChannelLog } from "../shared/shared-channel-log.ts";
import type { AppendCall } from "./append/append-call.ts";
import { RedisAppender } from "./append/redis-appender.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import type { RedisGate } from "./connection/redis-gate.ts";
import type { ChannelKeys } from "./life/find-life.ts";
import { RedisChannelLife } from "./life/redis-channel-life.ts";
import { RedisRetention } from "./redis-retention.ts";
import { limitText } from "./redis-scripts.ts";
import type { Follower, StreamEntry } from "./redis-tail.ts";

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
export class RedisChannelLog extends SharedChannelLog implements ChannelLog, Follower {
  readonly #host: ChannelHost;
  readonly #life: RedisChannelLife;
  readonly #retention: RedisRetention;
  readonly #appender: RedisAppender;
  #syncing: Promise<void> | undefined;
  #isLooking = false;
  #lastAtLook = -1;

  constructor(host: ChannelHost, keys: ChannelKeys, retain: Retention) {
    super();
    this.#host = host;
    this.#life = new RedisChannelLife(host.gate, keys, () => host.restarted());
    this.#retention = new RedisRetention(this.#life, retain);
    const limits = [limitText(retain.events), limitText(retain.bytes)];
    this.#appender = new RedisAppender({
      life: this.#life,
      run: async (connection, epoch, args) =>
        (await connection.run("append", keys, [epoch, ...limits, ...args])) as number[],
      appended: (call, epoch, answer) => this.#appended(call, epoch, answer),
    });
  }

  get stream(): string {
    return this.#life.keys[0];
  }

  protected get view(): LogView {
    return this.#life.known;
  }

  /** Finds out which life the log is in, on a connection over which nothing has been done yet. The first time opens the log. */
  enter(connection: RedisConnection, run: string): Promise<void> {
    return this.#life.enter(connection, run);
  }

  /** Begins to look after its retention. */
  keepToLimits(): void {
    this.#retention.start((work) => this.#inBackground(work));
  }

  append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    if (this.#life.isClosed) return Promise.reject(this.#host.gate.closedError());
    if (entries.length === 0) return Promise.resolve([]);
    return this.#appender.append(entries);
  }

  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone"> {
    return this.#life.use(async (connection) => {
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
    return this.#life
      .use(async (connection) => {
        const [epoch, offset] = (await connection.run("find", this.#life.keys, [`=${id}`])) as [string?, number?];
        return epoch === this.epoch ? { offset } : undefined;
      })
      .then(({ offset }) => offset);
  }

  trim(through: number): Promise<void> {
    return this.#retention.trim(through);
  }

  async close(): Promise<void> {
    if (this.#life.isClosed) return;
    this.#life.close();
    this.#host.left(this);
    this.#retention.stop();
    await this.#appender.close();
  }

  take(entries: readonly StreamEntry[]): boolean {
    const news: LogEntry[] = [];
    for (const [id, [epoch, text]] of entries) {
      const offset = Number.parseInt(id, 10);
      if (offset <= this.last) continue;
      if (epoch !== this.epoch) {
        // Another life: what it is comes first, and with it what is to be told of it.
        this.view.receive(news);
        this.#inBackground(this.sync());
        return false;
      }
      news.push(parseEntry(offset, text));
    }
    this.view.receive(news);
    return news.length > 0;
  }

  /** Looks whether anything changed that no reader is told: the life, and what was trimmed; and whether the reader keeps up. */
  async look(connection: RedisConnection): Promise<void> {
    if (this.#isLooking || this.#life.isClosed) return;
    this.#isLooking = true;
    try {
      const { epoch } = this;
      const [first, last, life] = (await connection.run("look", this.#life.keys, [epoch])) as [number, number, string?];
      if (life !== undefined || this.#life.isUnsure) await this.#life.refresh(connection);
      else if (epoch === this.epoch) this.view.trimmed(first);
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
      this.view.appended(added);
      if (this.last < last!) this.#host.hurry();
      this.view.trimmed(first!);
    } else if ((this.holds(epoch) ?? 0) < last!) {
      // The log began another life meanwhile, and that has not all of them.
      throw new SluiceError("LOG_FAILED", "Redis lost what was just appended: it was emptied. Publish it again.");
    }
    // Also what had its ID before, and what the life before this one has appended.
    this.view.acknowledged(last!);
    return offsets;
  }

  /** What follows an offset, in one step; `undefined` if it is of another life than we know. */
  async #readPage(
    connection: RedisConnection,
    after: number,
    events: number,
    bytes: number,
  ): Promise<{ first: number; last: number; entries: LogEntry[] } | undefined> {
    const args = [String(after), limitText(events), limitText(bytes)];
    const answer = (await connection.run("read", this.#life.keys, args)) as [string, number, number, ...string[]];
    const [epoch, first, last, ...texts] = answer;
    if (epoch !== this.epoch) return undefined;
    const entries = texts.map((text, i) => parseEntry(after + 1 + i, text));
    return { first, last, entries };
  }

  #catchUp(): Promise<void> {
    return this.#life
      .use(async (connection) => {
        const { epoch } = this;
        const [first, last, life] = (await connection.run("look", this.#life.keys, [epoch])) as [
          number,
          number,
          string?,
        ];
        if (life !== undefined || epoch !== this.epoch) return undefined;
        while (this.last < last) {
          const after = this.last;
          const page = await this.#readPage(connection, after, PAGE_ENTRIES, PAGE_BYTES);
          if (page === undefined || epoch !== this.epoch) return undefined;
          this.view.receive(page.entries);
          this.view.trimmed(page.first);
          if (page.entries.length === 0 && this.last === after) break;
        }
        this.view.trimmed(first);
        return true;
      })
      .then(() => {});
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error) => {
      // That the connection is gone is told by the gate.
      if (this.#host.gate.connection !== undefined && !this.#life.isClosed) this.#host.onError(error);
    });
  }
}
