import { SluiceError } from "../../base/errors/sluice-error.ts";
import { type ChannelLog, entryBytes, type LogEntry, type NewEntry, type OpenOptions } from "../log.ts";
import { startAgeChecks } from "../shared/age-checks.ts";
import { closedError } from "../shared/failures/closed-error.ts";
import type { Seen } from "../shared/life/life.ts";
import type { ClosedChannels } from "../shared/view/closed-channels.ts";
import { type LogView, MAX_WAITING_BYTES } from "../shared/view/log-view.ts";
import { SharedChannelLog } from "../shared/view/shared-channel-log.ts";
import { LmdbAppender } from "./lmdb-appender.ts";
import type { Appended } from "./lmdb-changes.ts";
import type { LmdbChannelLife } from "./lmdb-channel-life.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";
import { LmdbTrimmer } from "./lmdb-trimmer.ts";
import type { Portion, ReadLimit, ReadTurns } from "./read-turns.ts";
import type { ChannelState } from "./store/channel-state.ts";

/** Options of a {@link LmdbChannelLog}. */
export interface LmdbChannelOptions extends OpenOptions {
  readonly life: LmdbChannelLife;
  /** Reads the new entries of all channels of the log. */
  readonly turns: ReadTurns;
  readonly onClosed: () => void;
}

/** The log of one channel in an LMDB folder. */
export class LmdbChannelLog extends SharedChannelLog implements ChannelLog {
  protected readonly view: LogView;
  readonly #life: LmdbChannelLife;
  readonly #turns: ReadTurns;
  readonly #onError: (error: unknown) => void;
  readonly #onClosed: () => void;
  readonly #appender: LmdbAppender;
  readonly #trimmer: LmdbTrimmer;
  readonly #stopAgeChecks: () => void;
  /** The reading of new entries that is running. */
  #following: Promise<void> | undefined;
  /** True if the last background work failed. A failure is reported once, until some work succeeds. */
  #isFailing = false;

  constructor({ life, turns, retain, onError = () => undefined, onClosed }: LmdbChannelOptions) {
    super();
    this.#life = life;
    this.view = life.view;
    this.#turns = turns;
    this.#onError = onError;
    this.#onClosed = onClosed;
    this.#appender = new LmdbAppender({ life, retain, onAppended: (appended) => this.#appended(appended) });
    this.#trimmer = new LmdbTrimmer({ life, retain, onTrimmed: (state) => this.#trimmed(state) });
    this.#stopAgeChecks = startAgeChecks(
      { age: retain.age, timers: life.place.folder.ageTimers },
      () => this.view,
      (through) => this.#trimByAge(through),
    );
  }

  get name(): string {
    return this.#life.name;
  }

  /** The number of the channel in its folder. */
  get channel(): number {
    return this.#life.place.channel;
  }

  get isClosed(): boolean {
    return this.#life.isClosed;
  }

  append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    return this.#life.isClosed ? Promise.reject(closedError()) : this.#appender.append(entries);
  }

  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone"> {
    return this.#life.run(async () => {
      const { first, last } = this.#life.look();
      return after + 1 < first ? "gone" : this.#page(after, last, { events, bytes });
    });
  }

  async sync(): Promise<void> {
    this.#life.checkOpen();
    // A reading that is running may have looked before this call.
    await this.#following;
    await this.#readNewOnce();
  }

  positionOf(id: string): Promise<number | undefined> {
    return this.#life.run(async ({ folder, channel }) => {
      this.#life.look();
      return folder.store.offsetOf(channel, id);
    });
  }

  trim(through: number): Promise<void> {
    return this.#trimmer.through(through);
  }

  async delete(): Promise<void> {
    const life = this.#life;
    life.checkOpen();
    this.#appender.seal();
    const { folder } = life.place;
    const { store, writer, watcher } = folder;
    store.takeSnapshot();
    // Another process may have begun a life that this one has not entered yet.
    const channel = store.channels.numberOf(life.name);
    if (channel !== undefined) {
      await writer.run(channel, () => {
        const epoch = store.life(channel)?.epoch;
        if (epoch !== undefined) store.deleted.remove(channel, life.name, epoch);
      });
      watcher.notifyOthers();
    }
    await life.leaveDeleted();
    await folder.removeRemains().catch(this.#onError);
  }

  override wasDeleted(epoch: string): boolean {
    return this.view.wasDeleted(epoch) || this.#life.place.folder.store.deleted.has(epoch);
  }

  async close(): Promise<void> {
    this.#life.isClosed = true;
    this.#stopAgeChecks();
    this.view.tail({ appended() {}, trimmed() {}, reset() {} });
    this.#onClosed();
    await Promise.all([this.#following?.catch(() => undefined), this.#appender.whenIdle()]);
  }

  /** Reads new entries in the background. If that fails, the next poll tries again. */
  follow(): void {
    if (this.#life.isClosed) return;
    const reading = this.#readNewOnce();
    this.#inBackground(reading);
    const { folder, channel } = this.#life.place;
    reading.catch(() => folder.watcher.lookAgain(channel));
  }

  /** Trims to the retention in the background. If that fails, the next append or age check tries again. */
  trimToRetention(): void {
    if (!this.#life.isClosed) this.#inBackground(this.#trimmer.toRetention());
  }

  /** Trims the entries through this offset, and entries that are too old by the wall clock. */
  #trimByAge(through: number): void {
    const { first, last } = this.view;
    if (first > last && !this.#isFailing) return;
    try {
      if (through >= first) this.#inBackground(this.trim(through));
      if (this.#isFailing || this.#trimmer.isTooOld(first)) this.trimToRetention();
    } catch (error) {
      this.#inBackground(Promise.reject(error));
    }
  }

  /** Reports that the files of the folder are lost. Every use of this log fails until {@link moveTo}. */
  lost(error: Error): void {
    this.view.distrust();
    this.#inBackground(Promise.reject(error));
  }

  /** See {@link LogView.seen}. */
  get seen(): Seen {
    return this.view.seen;
  }

  /**
   * Records what this process has seen of the channel, which is closed. `losses`: the number of times that the files
   * of the folder were lost.
   */
  rememberIn(closed: ClosedChannels<number>, losses: number): void {
    closed.remember(this.name, this.view, losses);
  }

  /** Continues in another folder, where this channel has a life that contains what this process has {@link seen}. */
  moveTo(folder: LmdbFolder, channel: number): void {
    this.#appender.seal();
    this.#life.moveTo({ folder, channel });
    this.#isFailing = false;
  }

  #inBackground(work: Promise<void> | undefined): void {
    work?.then(
      () => {
        this.#isFailing = false;
      },
      (error) => {
        if (!this.#isFailing && !this.#life.isClosed) this.#onError(error);
        this.#isFailing = true;
      },
    );
  }

  #appended({ added, state, isOver }: Appended): void {
    if (this.#life.isClosed) return;
    this.view.appended(added);
    // If entries of other processes came before, the view must receive those first.
    if (this.view.last < state.last) this.follow();
    else this.view.trimmed(state.first);
    if (isOver) this.trimToRetention();
  }

  async #trimmed(state: ChannelState): Promise<void> {
    if (state.last > this.view.last) await this.sync();
    else this.view.trimmed(state.first);
  }

  #readNewOnce(): Promise<void> {
    this.#following ??= this.#life
      .run(() => this.#turns.read((limit) => this.#readPortion(limit)))
      .finally(() => {
        this.#following = undefined;
      });
    return this.#following;
  }

  #readPortion({ events, bytes }: ReadLimit): Portion {
    if (this.#life.isClosed) return { events: 0, bytes: 0, isLast: true };
    const { last } = this.#life.look();
    const page = this.#page(this.view.received, last, { events, bytes }, MAX_WAITING_BYTES);
    const isLast = this.view.received + page.length >= last;
    this.view.receive(page, !isLast);
    const size = page.reduce((sum, entry) => sum + entryBytes(entry), 0);
    return { events: page.length, bytes: size, isLast, taken: isLast ? undefined : this.taken() };
  }

  /**
   * Returns the entries after an offset, from the snapshot. `wholeBytes`: the page goes on to the end of an append as
   * long as it has no more bytes than this. Entries of an incomplete append would wait in memory.
   */
  #page(after: number, last: number, { events, bytes }: ReadLimit, wholeBytes = 0): LogEntry[] {
    const found: LogEntry[] = [];
    if (after >= last) return found;
    let size = 0;
    const { folder, channel } = this.#life.place;
    for (const block of folder.store.blocks(channel, after + 1)) {
      for (const entry of block.entries) {
        if (entry.offset <= after) continue;
        if (entry.offset !== after + found.length + 1) break;
        found.push(entry);
        size += entryBytes(entry);
        const isFull = found.length >= events || size >= bytes;
        if (entry.offset === last || (isFull && !(entry.more && size <= wholeBytes))) return found;
      }
    }
    const missing = after + found.length + 1;
    const message = `The log is damaged: it has no event at offset ${missing}. Restore a backup of its folder.`;
    throw new SluiceError("LOG_FAILED", message);
  }
}
