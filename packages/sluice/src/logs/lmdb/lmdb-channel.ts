import { SluiceError } from "../../base/sluice-error.ts";
import { type ChannelLog, entryBytes, type LogEntry, type NewEntry, type Retention } from "../log.ts";
import { startAgeChecks } from "../shared/age-checks.ts";
import { closedError } from "../shared/closed-error.ts";
import { LogView } from "../shared/log-view.ts";
import { SharedChannelLog } from "../shared/shared-channel-log.ts";
import { LmdbAppends } from "./lmdb-appends.ts";
import { type Appended, isOver, trim } from "./lmdb-changes.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";

/** What others appended is read in portions of so many entries, and bytes, with a turn of the event loop between them. */
const PORTION_EVENTS = 512;
const PORTION_BYTES = 1024 * 1024;

type OnError = (error: unknown) => void;

/** One channel of a folder. */
export class LmdbChannelLog extends SharedChannelLog implements ChannelLog {
  readonly #folder: LmdbFolder;
  readonly #channel: number;
  readonly #retain: Retention;
  readonly #onError: OnError;
  readonly #view: LogView;
  #lives: number;
  #following: Promise<void> | undefined;
  readonly #appends: LmdbAppends;
  readonly #stopAgeChecks: () => void;
  #isTrimming = false;
  /** Whether what was done last in the background failed; it is told once. */
  #isFailing = false;
  #isClosed = false;

  /** Of a channel that has been entered. */
  constructor(folder: LmdbFolder, channel: number, retain: Retention, onError: OnError = () => undefined) {
    super();
    this.#folder = folder;
    this.#channel = channel;
    this.#retain = retain;
    this.#onError = onError;
    const { first, last, lives } = folder.store.state(channel);
    this.#view = new LogView(folder.store.life(channel)!, first, last);
    this.#lives = lives;
    this.#appends = new LmdbAppends(folder, channel, retain, (appended) => this.#tell(appended));
    this.#stopAgeChecks = startAgeChecks(retain.age, () => this.trimToRetention());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  protected get view(): LogView {
    return this.#view;
  }

  append(entries: readonly NewEntry[]): Promise<readonly number[]> {
    return this.#isClosed ? Promise.reject(closedError()) : this.#appends.add(entries);
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
    // One that is under way may have looked before this call.
    await this.#following;
    await this.#follow();
  }

  async positionOf(id: string): Promise<number | undefined> {
    this.#checkOpen();
    this.#folder.store.renew();
    return this.#folder.store.offsetOf(this.#channel, id);
  }

  async trim(through: number): Promise<void> {
    await this.#trim(through);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopAgeChecks();
    this.#view.tail({ appended() {}, trimmed() {}, reset() {} });
    await Promise.all([this.#following, this.#appends.whenIdle()]);
  }

  /** Reads what is new. */
  follow(): void {
    // What goes wrong here is tried again with the next hint or poll.
    if (!this.#isClosed) this.#inBackground(this.#follow());
  }

  /** Trims what goes beyond the retention, if anything does. */
  trimToRetention(): void {
    if (this.#isTrimming || this.#isClosed) return;
    this.#folder.store.renew();
    const { store } = this.#folder;
    const blockAt = (offset: number) => store.blockAt(this.#channel, offset);
    if (!isOver(store.state(this.#channel), this.#retain, blockAt)) return;
    this.#isTrimming = true;
    // Nobody waits for it; who appends next trims, or the next check does.
    const trimming = this.#trim(this.#retain).finally(() => {
      this.#isTrimming = false;
    });
    this.#inBackground(trimming);
  }

  #inBackground(work: Promise<void>): void {
    work.then(
      () => {
        this.#isFailing = false;
      },
      (error) => {
        if (!this.#isFailing && !this.#isClosed) this.#onError(error);
        this.#isFailing = true;
      },
    );
  }

  #tell({ added, state, isOver }: Appended): void {
    if (this.#isClosed) return;
    this.#view.appended(added);
    // What others appended before it comes first.
    if (this.#view.last < state.last) this.follow();
    else this.#view.trimmed(state.first);
    if (isOver) this.trimToRetention();
  }

  async #trim(limit: Retention | number): Promise<void> {
    const { store, writer, wake } = this.#folder;
    for (let more = true; more; ) {
      this.#checkOpen();
      const once = () => writer.run(this.#channel, () => trim(store, this.#channel, limit));
      const { state, isOver } = await (writer.hasFailed
        ? this.#trimOnFullDisk(once)
        : once().catch(() => this.#trimOnFullDisk(once)));
      wake.hint();
      if (state.last > this.#view.last) await this.sync();
      else this.#view.trimmed(state.first);
      more = isOver;
    }
  }

  async #trimOnFullDisk<T>(trim: () => Promise<T>): Promise<T> {
    const { store, writer } = this.#folder;
    store.giveUpReserve();
    try {
      const trimmed = await trim();
      // LMDB uses again what a commit freed only once another two have followed.
      const rewrite = () => store.setState(this.#channel, store.state(this.#channel));
      for (let i = 0; i < 2; i++) await writer.run(this.#channel, rewrite);
      return trimmed;
    } finally {
      store.makeReserve();
    }
  }

  #follow(): Promise<void> {
    this.#following ??= this.#readNew().finally(() => {
      this.#following = undefined;
    });
    return this.#following;
  }

  async #readNew(): Promise<void> {
    while (!this.#isClosed) {
      const { last } = this.#look();
      this.#view.receive(this.#page(this.#view.last, last, PORTION_EVENTS, PORTION_BYTES));
      if (this.#view.last >= last) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** What the log is now; tells of a trim, and of a new life. What is read in the same turn is of the same moment. */
  #look(): { first: number; last: number } {
    const { store } = this.#folder;
    store.renew();
    const { first, last, lives } = store.state(this.#channel);
    if (lives !== this.#lives) {
      this.#lives = lives;
      this.#view.enterLife(store.life(this.#channel)!, first, last);
    }
    this.#view.trimmed(first);
    return { first, last };
  }

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
    throw new SluiceError("LOG_FAILED", `The log has no event at offset ${after + found.length + 1}: it is damaged.`);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closedError();
  }
}
