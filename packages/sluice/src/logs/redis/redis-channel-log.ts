import { SluiceError } from "../../base/errors/sluice-error.ts";
import { messageOf } from "../../base/errors/thrown.ts";
import type { Position } from "../../base/position.ts";
import { afterTurn } from "../../base/time/timers.ts";
import type { ChannelLog, LogEntry, NewEntry, Retention } from "../log.ts";
import { parseEntry } from "../shared/entry-text.ts";
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
import type { FollowedPage } from "./read/catch-up.ts";
import type { StreamEntry, TailedChannel } from "./read/named-read.ts";
import { type PageSource, readEntries } from "./read/read-pages.ts";
import { receiveNewest, receiveTexts } from "./read/receive-entries.ts";
import { RedisRetention } from "./redis-retention.ts";
import { limitText } from "./scripts/limit-text.ts";

/** The log of one channel, in a Redis stream. */
export class RedisChannelLog extends SharedChannelLog implements ChannelLog, TailedChannel {
  readonly #host: ChannelHost;
  readonly #life: RedisChannelLife;
  readonly #source: PageSource;
  readonly #retention: RedisRetention;
  readonly #appender: RedisAppender;
  #syncing: Promise<void> | undefined;
  readonly #arrival: ArrivalCheck;
  #isChecking = false;
  /** ID of the newest entry that is not part of the log, as far as this process knows. The tail reads on after it. */
  #ignored: string | undefined;
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
          this.#ignored = undefined;
          host.lifeChanged();
        },
        removed: (count) => this.#removed(count),
      },
    );
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

  get readAfter(): string {
    return this.#ignored ?? `${this.received}-0`;
  }

  get received(): number {
    return this.view.received;
  }

  get isMidAppend(): boolean {
    return this.view.isMidAppend;
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

  receive(entries: readonly StreamEntry[]): boolean {
    this.#host.witness.saw();
    const added: LogEntry[] = [];
    for (const [id, [epoch, text]] of entries) {
      const offset = Number.parseInt(id, 10);
      const isOurs = epoch === this.epoch && id.endsWith("-0");
      if (isOurs && offset <= this.received) continue;
      if (!isOurs) {
        // The entry begins another life, or another program wrote it. Look up the life; then read on from `readAfter`.
        this.view.receive(added);
        this.#ignored = entries[entries.length - 1]![0];
        this.#inBackground(this.sync());
        return false;
      }
      added.push(parseEntry(offset, text));
    }
    this.view.receive(added);
    return added.length > 0;
  }

  receivePage(page: FollowedPage, asked: Position): boolean {
    this.#host.witness.saw();
    if (page.epoch === asked.epoch && page.epoch === this.epoch) return receiveTexts(this.view, asked.offset, page);
    // The log began another life. Look it up; then read on from its `last`.
    if (page.epoch !== this.epoch) this.#inBackground(this.sync());
    return false;
  }

  hasReceived({ epoch, offset }: Position): boolean {
    return epoch === this.epoch && offset <= this.received;
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
    if (this.#ignored === undefined) return;
    this.#ignored = undefined;
    this.#host.lifeChanged();
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error) => {
      // The gate reports a lost connection.
      if (this.#host.gate.connection !== undefined && !this.#life.isClosed) this.report(error);
    });
  }
}
