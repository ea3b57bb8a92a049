import { SluiceError } from "../../base/errors/sluice-error.ts";
import { messageOf } from "../../base/errors/thrown.ts";
import { afterTurn } from "../../base/time/timers.ts";
import type { ChannelLog, LogEntry, NewEntry, Retention } from "../log.ts";
import { closedError } from "../shared/failures/closed-error.ts";
import type { ClosedChannels } from "../shared/view/closed-channels.ts";
import type { LogView } from "../shared/view/log-view.ts";
import { SharedChannelLog } from "../shared/view/shared-channel-log.ts";
import { AppendAnswers } from "./append/append-answers.ts";
import { keptBytes } from "./append/kept-bytes.ts";
import { RedisAppender } from "./append/redis-appender.ts";
import type { ChannelHost } from "./channel-host.ts";
import type { ChannelKeys } from "./channel-keys.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import { deleteChannel } from "./life/delete-channel.ts";
import type { EntryMark } from "./life/entry-mark.ts";
import { RedisChannelLife } from "./life/redis-channel-life.ts";
import type { StoreState } from "./life/store-witness.ts";
import { ArrivalCheck } from "./read/arrival-check.ts";
import { type PageSource, readEntries } from "./read/read-pages.ts";
import { receiveNewest } from "./read/receive-entries.ts";
import { TailedLog } from "./read/tailed-log.ts";
import { RedisRetention } from "./redis-retention.ts";
import { limitText } from "./scripts/limit-text.ts";

/** The log of one channel, in a Redis stream. */
export class RedisChannelLog extends SharedChannelLog implements ChannelLog {
  /** The log as the tail reads it. */
  readonly tailed: TailedLog;
  readonly #host: ChannelHost;
  readonly #life: RedisChannelLife;
  readonly #source: PageSource;
  readonly #retention: RedisRetention;
  readonly #appender: RedisAppender;
  #syncing: Promise<void> | undefined;
  readonly #arrival: ArrivalCheck;
  #isChecking = false;
  /** Message of the last problem reported; `undefined` after a check without a problem. */
  #problem: string | undefined;

  constructor(host: ChannelHost, keys: ChannelKeys, retain: Retention) {
    super();
    this.#host = host;
    this.#life = new RedisChannelLife(
      {
        gate: host.gate,
        keys,
        sharedKeys: host.sharedKeys,
        witness: host.witness,
        held: host.budget.held,
        before: host.before,
      },
      {
        changed: () => {
          this.tailed.lookedUp();
          host.lifeChanged();
        },
        removed: (count) => this.#removed(count),
      },
    );
    this.tailed = new TailedLog({
      life: this.#life,
      saw: () => host.witness.saw(),
      lookUp: () => this.#inBackground(this.sync()),
    });
    this.#arrival = new ArrivalCheck(this.#life, host.hasMissed);
    this.#source = { life: this.#life, budget: host.budget };
    this.#retention = new RedisRetention(this.#life, retain, host.ageTimers);
    const answers = new AppendAnswers(this.#life, {
      sync: () => this.#inBackground(this.sync()),
      hurry: () => host.hurry(),
      saw: () => host.witness.saw(),
    });
    const limits = [limitText(retain.events), limitText(retain.bytes)];
    this.#appender = new RedisAppender({
      life: this.#life,
      run: async (connection, epoch, args) =>
        (await connection.run(
          "append",
          [...keys, host.sharedKeys.changes],
          [epoch, String(this.view.seen.offset), ...limits, ...args],
        )) as number[],
      appended: (call, epoch, answer) => answers.record(call, epoch, answer),
    });
  }

  get keys(): ChannelKeys {
    return this.#life.keys;
  }

  /** Returns true if this process has seen the life of an epoch end because the channel was deleted. */
  wasDeletedBefore(epoch: string): boolean {
    return this.view.wasDeleted(epoch);
  }

  get isClosed(): boolean {
    return this.#life.isClosed;
  }

  protected get view(): LogView {
    return this.#life.view;
  }

  /** Looks up the life in a Redis of this state. The first call opens the log. */
  enter(connection: RedisConnection, state: StoreState): Promise<void> {
    return this.#life.enter(connection, state);
  }

  /** Records what this process has seen of the channel, which is closed. */
  rememberIn(closed: ClosedChannels<EntryMark | undefined>, name: string): void {
    closed.remember(name, this.view, this.#life.lastMark);
  }

  /** Starts to trim the log to its limits. */
  keepToLimits(): void {
    this.#retention.start((work) => this.#inBackground(work));
  }

  keptBytes(entries: readonly NewEntry[]): number {
    return keptBytes(entries);
  }

  async append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    if (this.#life.isClosed) throw closedError();
    return entries.length === 0 ? [] : this.#appender.append(entries);
  }

  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone"> {
    return readEntries(this.#source, { after, events, bytes });
  }

  sync(): Promise<void> {
    // All calls of one event-loop turn share one request, sent after the turn.
    this.#syncing ??= new Promise((resolve) => {
      afterTurn(() => {
        this.#syncing = undefined;
        resolve(this.#catchUp());
      });
    });
    return this.#syncing;
  }

  async positionOf(id: string): Promise<number | undefined> {
    const { offset } = await this.#life.use(async (connection) => {
      const [epoch, offset] = (await connection.run("find", this.#life.keys, [`=${id}`])) as [string?, number?];
      return epoch === this.epoch ? { offset } : undefined;
    });
    return offset;
  }

  trim(through: number): Promise<void> {
    return this.#retention.trim(through);
  }

  async delete(): Promise<void> {
    const epoch = await deleteChannel(this.#life);
    // This process leaves the deleted life too, unless nothing needs the channel: then it has closed the log.
    await this.#life.leave(epoch);
  }

  override wasDeleted(epoch: string): boolean | Promise<boolean> {
    const { view } = this;
    return view.wasDeleted(epoch) || this.#life.use((connection) => this.#life.findDeleted(connection, epoch));
  }

  async close(): Promise<void> {
    if (this.#life.isClosed) return;
    this.#life.close();
    this.#host.closed();
    this.#retention.stop();
    await this.#appender.close();
  }

  /** True if the log had more entries at the last check than this process had received. */
  get wasBehind(): boolean {
    return this.#arrival.isBehind;
  }

  /**
   * Discovers what the tail cannot: a new life without entries, a store that went back in time, trimmed entries, and a
   * tail that delivers nothing.
   */
  async check(connection: RedisConnection): Promise<void> {
    if (this.#isChecking || this.#life.isClosed) return;
    this.#isChecking = true;
    try {
      const hasMissed = await this.#arrival.run(connection);
      this.#problem = undefined;
      if (hasMissed) await this.sync();
    } finally {
      this.#isChecking = false;
    }
  }

  /** Reports a problem, once until a check finds none. */
  report(error: unknown): void {
    const message = messageOf(error);
    if (message === this.#problem || this.#life.isClosed) return;
    this.#problem = message;
    this.#host.onError(error);
  }

  #removed(count: number): void {
    const message =
      `Another program wrote to the stream ${this.keys[0]} in Redis, which belongs to Sluice. ` +
      `Sluice removed ${count === 1 ? "its entry" : `its ${count} entries`}. Publish through a channel instead.`;
    this.#host.onError(new SluiceError("LOG_FAILED", message));
  }

  async #catchUp(): Promise<void> {
    await receiveNewest(this.#source);
    if (this.tailed.lookedUp()) this.#host.lifeChanged();
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error) => {
      // The gate reports a lost connection.
      if (this.#host.gate.connection !== undefined && !this.#life.isClosed) this.report(error);
    });
  }
}
