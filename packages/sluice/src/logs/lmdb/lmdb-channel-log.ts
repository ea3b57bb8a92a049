import { SluiceError } from "../../base/sluice-error.ts";
import { type ChannelLog, entryBytes, type LogEntry, type NewEntry, type OpenOptions, type Retention } from "../log.ts";
import { startAgeChecks } from "../shared/age-checks.ts";
import { closedError } from "../shared/closed-error.ts";
import { LogView } from "../shared/log-view.ts";
import { SharedChannelLog } from "../shared/shared-channel-log.ts";
import { LmdbAppender } from "./lmdb-appender.ts";
import type { Appended } from "./lmdb-changes.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";
import { LmdbTrimmer } from "./lmdb-trimmer.ts";
import type { Portion, ReadLimit, ReadTurns } from "./read-turns.ts";
import type { ChannelState } from "./store/lmdb-store.ts";

/** The channel to open, by the number that {@link LmdbFolder.enterChannel} resolved to. */
export interface LmdbChannelOptions extends OpenOptions {
  readonly name: string;
  readonly channel: number;
  /** Reads the new entries of all channels of the log. */
  readonly turns: ReadTurns;
  readonly onClosed: () => void;
}

/** The log of one channel in an LMDB folder. */
export class LmdbChannelLog extends SharedChannelLog implements ChannelLog {
  readonly name: string;
  protected readonly view: LogView;
  readonly #retain: Retention;
  readonly #turns: ReadTurns;
  readonly #onError: (error: unknown) => void;
  readonly #onClosed: () => void;
  #folder!: LmdbFolder;
  #channel!: number;
  /** See {@link ChannelState.lifeCount}. */
  #lifeCount!: number;
  #appender!: LmdbAppender;
  #trimmer!: LmdbTrimmer;
  readonly #stopAgeChecks: () => void;
  /** The reading of new entries that is running. */
  #following: Promise<void> | undefined;
  /** True if the last background work failed. A failure is reported once, until some work succeeds. */
  #isFailing = false;
  #isClosed = false;

  constructor(folder: LmdbFolder, options: LmdbChannelOptions) {
    super();
    const { name, channel, turns, retain, onError = () => undefined, onClosed } = options;
    this.name = name;
    this.#retain = retain;
    this.#turns = turns;
    this.#onError = onError;
    this.#onClosed = onClosed;
    const { first, last } = this.#use(folder, channel);
    this.view = new LogView(folder.store.life(channel)!, first, last);
    this.#stopAgeChecks = startAgeChecks(
      { age: retain.age, timers: folder.ageTimers },
      () => this.view,
      (through) => this.#trimByAge(through),
    );
  }

  /** The number of the channel in its folder. */
  get channel(): number {
    return this.#channel;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    return this.#isClosed ? Promise.reject(closedError()) : this.#appender.append(entries);
  }

  read(after: number, events: number, bytes: number): Promise<readonly LogEntry[] | "gone"> {
    try {
      this.#checkOpen();
      const { first, last } = this.#look();
      return Promise.resolve(after + 1 < first ? "gone" : this.#page(after, last, events, bytes));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async sync(): Promise<void> {
    this.#checkOpen();
    // A reading that is running may have looked before this call.
    await this.#following;
    await this.#readNewOnce();
  }

  async positionOf(id: string): Promise<number | undefined> {
    this.#checkOpen();
    this.#folder.store.takeSnapshot();
    return this.#folder.store.offsetOf(this.#channel, id);
  }

  trim(through: number): Promise<void> {
    return this.#trimmer.through(through);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopAgeChecks();
    this.view.tail({ appended() {}, trimmed() {}, reset() {} });
    this.#onClosed();
    await Promise.all([this.#following, this.#appender.whenIdle()]);
  }

  /** Reads new entries in the background. If that fails, the next poll tries again. */
  follow(): void {
    if (this.#isClosed) return;
    const reading = this.#readNewOnce();
    this.#inBackground(reading);
    reading.catch(() => this.#folder.watcher.lookAgain(this.#channel));
  }

  /** Trims to the retention in the background. If that fails, the next append or age check tries again. */
  trimToRetention(): void {
    if (!this.#isClosed) this.#inBackground(this.#trimmer.toRetention());
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

  /** Epochs that this process has seen end. */
  get ended(): ReadonlySet<string> {
    return this.view.seen.ended;
  }

  /** Continues in another folder, where this channel has a life that is none of the {@link ended} ones. */
  moveTo(folder: LmdbFolder, channel: number): void {
    const { first, last } = this.#use(folder, channel);
    this.view.enterLife(folder.store.life(channel)!, first, last);
    this.#isFailing = false;
  }

  #use(folder: LmdbFolder, channel: number): ChannelState {
    const retain = this.#retain;
    folder.store.takeSnapshot();
    const state = folder.store.state(channel);
    this.#folder = folder;
    this.#channel = channel;
    this.#lifeCount = state.lifeCount;
    const onAppended = (appended: Appended) => this.#appended(appended);
    this.#appender = new LmdbAppender(folder, { channel, retain, onAppended });
    const checkOpen = () => this.#checkOpen();
    const onTrimmed = (state: ChannelState) => this.#trimmed(state);
    this.#trimmer = new LmdbTrimmer(folder, { channel, retain, checkOpen, onTrimmed });
    return state;
  }

  #inBackground(work: Promise<void> | undefined): void {
    work?.then(
      () => {
        this.#isFailing = false;
      },
      (error) => {
        if (!this.#isFailing && !this.#isClosed) this.#onError(error);
        this.#isFailing = true;
      },
    );
  }

  #appended({ added, state, isOver }: Appended): void {
    if (this.#isClosed) return;
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
    this.#following ??= this.#turns
      .read((limit) => this.#readPortion(limit))
      .finally(() => {
        this.#following = undefined;
      });
    return this.#following;
  }

  #readPortion({ events, bytes }: ReadLimit): Portion {
    if (this.#isClosed) return { events: 0, bytes: 0, isLast: true };
    const { last } = this.#look();
    const page = this.#page(this.view.last, last, events, bytes);
    const isLast = this.view.last + page.length >= last;
    this.view.receive(page, !isLast);
    return { events: page.length, bytes: page.reduce((sum, entry) => sum + entryBytes(entry), 0), isLast };
  }

  /** Takes a snapshot, and updates the view if the log was trimmed or began a new life. Returns the ends of the log. */
  #look(): { first: number; last: number } {
    const { store } = this.#folder;
    store.takeSnapshot();
    const { first, last, lifeCount } = store.state(this.#channel);
    if (lifeCount !== this.#lifeCount) {
      this.#lifeCount = lifeCount;
      this.view.enterLife(store.life(this.#channel)!, first, last);
    }
    this.view.trimmed(first);
    return { first, last };
  }

  /** Returns the entries after an offset, from the snapshot. */
  #page(after: number, last: number, events: number, bytes: number): LogEntry[] {
    const found: LogEntry[] = [];
    if (after >= last) return found;
    let size = 0;
    for (const block of this.#folder.store.blocks(this.#channel, after + 1)) {
      for (const entry of block.entries) {
        if (entry.offset <= after) continue;
        if (entry.offset !== after + found.length + 1) break;
        found.push(entry);
        size += entryBytes(entry);
        if (entry.offset === last || found.length >= events || size >= bytes) return found;
      }
    }
    const missing = after + found.length + 1;
    const message = `The log is damaged: it has no event at offset ${missing}. Restore a backup of its folder.`;
    throw new SluiceError("LOG_FAILED", message);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closedError();
  }
}
