import type { HeldBytes } from "../shared/bounds/held-bytes.ts";
import { closedError } from "../shared/failures/closed-error.ts";
import type { Seen } from "../shared/life/life.ts";
import { LogView } from "../shared/view/log-view.ts";
import { ChannelDeleted } from "./channel-deleted.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";

/** If a channel begins more lives during one call, it is deleted again and again, and the call fails. */
const MAX_LIVES_PER_CALL = 5;

/** Options of {@link LmdbChannelLife.run}. */
interface RunOptions {
  /** False if the work must not run again once it has succeeded. Default: true. */
  readonly isIdempotent?: boolean;
}

/** Options of a {@link LmdbChannelLife}. */
export interface LmdbLifeOptions {
  /** The name of the channel. */
  readonly name: string;
  readonly place: LmdbPlace;
  /** The bytes that all channels hold back. */
  readonly held: HeldBytes;
  /** The state that this process had seen when it closed the channel. `undefined`: it does not know of any. */
  readonly before: Seen | undefined;
  /** Called with the number that the channel had if it gets another one in the same folder. */
  readonly onMoved: (from: number) => void;
}

/** The place of a channel's life. Another life has another place. */
export interface LmdbPlace {
  readonly folder: LmdbFolder;
  /** The number of the channel in the folder. */
  readonly channel: number;
}

/**
 * The life of a channel in an LMDB folder, as this process knows it. A deleted channel that is still needed begins its
 * next life under another number, so that nothing can be taken for a part of both.
 */
export class LmdbChannelLife {
  readonly name: string;
  readonly view: LogView;
  isClosed = false;
  readonly #onMoved: (from: number) => void;
  #place: LmdbPlace;
  /** See {@link ChannelState.lifeCount}. */
  #lifeCount: number;
  #entering: Promise<void> | undefined;

  constructor({ name, place, held, before, onMoved }: LmdbLifeOptions) {
    const { folder, channel } = place;
    const { first, last, lifeCount } = folder.store.state(channel);
    this.name = name;
    this.#place = place;
    this.#onMoved = onMoved;
    this.view = new LogView(folder.store.life(channel)!, first, last, held, before);
    this.#lifeCount = lifeCount;
  }

  get place(): LmdbPlace {
    return this.#place;
  }

  /** Throws `CLOSED` if the log is closed. */
  checkOpen(): void {
    if (this.isClosed) throw closedError();
  }

  /**
   * Takes a snapshot, and updates the view if the log was trimmed or began a new life. Returns the ends of the log.
   * Throws {@link ChannelDeleted}.
   */
  look(): { first: number; last: number } {
    const { store } = this.#place.folder;
    const { channel } = this.#place;
    store.takeSnapshot();
    if (!store.hasChannel(channel)) throw new ChannelDeleted();
    const { first, last, lifeCount } = store.state(channel);
    if (lifeCount !== this.#lifeCount) {
      this.#lifeCount = lifeCount;
      this.view.enterLife(store.life(channel)!, first, last);
    }
    this.view.trimmed(first);
    return { first, last };
  }

  /** Continues in another place. If its channel was deleted just now, the next look finds that. */
  moveTo(place: LmdbPlace): void {
    const { store } = place.folder;
    store.takeSnapshot();
    const { first, last, lifeCount } = store.state(place.channel);
    const life = store.life(place.channel);
    this.#place = place;
    this.#lifeCount = lifeCount;
    if (life !== undefined) this.view.enterLife(life, first, last);
  }

  /**
   * Runs work in the current place. If the work throws {@link ChannelDeleted}, runs it again in the next life. The work
   * of several calls begins in the order of the calls. If its result belongs to a life that has ended meanwhile, runs
   * it again if it is idempotent, else rejects.
   */
  async run<T>(work: (place: LmdbPlace) => Promise<T>, { isIdempotent = true }: RunOptions = {}): Promise<T> {
    for (let lives = 1; lives <= MAX_LIVES_PER_CALL; lives++) {
      if (this.#entering !== undefined) await this.#entering;
      this.checkOpen();
      const place = this.#place;
      try {
        const result = await work(place);
        if (place === this.#place) return result;
        if (!isIdempotent) break;
      } catch (error) {
        if (!(error instanceof ChannelDeleted)) throw error;
        if (place === this.#place) await this.enterNext();
      }
    }
    throw new ChannelDeleted();
  }

  /** Enters the next life if the current one was deleted. Resolves also if nothing needs the channel: it is closed. */
  async leaveDeleted(): Promise<void> {
    const { folder, channel } = this.#place;
    folder.store.takeSnapshot();
    try {
      if (!folder.store.hasChannel(channel)) await this.enterNext();
    } catch (error) {
      if (!this.isClosed) throw error;
    }
  }

  /** Enters the next life of a deleted channel, unless nothing needs it. Rejects with `CLOSED` then. */
  enterNext(): Promise<void> {
    if (this.#entering === undefined) {
      this.#entering = this.#enterNext();
      const done = () => {
        this.#entering = undefined;
      };
      this.#entering.then(done, done);
    }
    return this.#entering;
  }

  async #enterNext(): Promise<void> {
    const { folder, channel: from } = this.#place;
    const { view } = this;
    this.checkOpen();
    if (folder.store.deleted.has(view.epoch)) view.markDeleted();
    if (!view.isNeeded) throw closedError();
    const channel = await folder.enterChannel(this.name);
    this.checkOpen();
    // The log may have moved to another folder meanwhile.
    if (this.#place.folder !== folder) return;
    this.moveTo({ folder, channel });
    this.#onMoved(from);
  }
}
