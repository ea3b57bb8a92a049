import type { Retention } from "../log.ts";
import { isOver, trim } from "./lmdb-changes.ts";
import type { LmdbChannelLife, LmdbPlace } from "./lmdb-channel-life.ts";
import type { ChannelState } from "./store/channel-state.ts";

/** Commits after which LMDB reuses the pages that a commit freed. */
const COMMITS_UNTIL_REUSE = 2;

/** The channel to trim. */
export interface TrimmerOptions {
  readonly life: LmdbChannelLife;
  readonly retain: Retention;
  /** Called after each part that was trimmed, with the state of the log. */
  readonly onTrimmed: (state: ChannelState) => Promise<void>;
}

/** Trims one channel, in parts, so that no change takes long. */
export class LmdbTrimmer {
  readonly #options: TrimmerOptions;
  #isTrimmingToRetention = false;
  /** The oldest entry, as {@link isTooOld} last read it. */
  #oldest: { readonly place?: LmdbPlace; readonly offset: number; readonly time: number } = { offset: 0, time: 0 };

  constructor(options: TrimmerOptions) {
    this.#options = options;
  }

  /**
   * Trims everything that exceeds the retention. Returns `undefined` if there is nothing to trim, or a trim is running.
   */
  toRetention(): Promise<void> | undefined {
    if (this.#isTrimmingToRetention) return undefined;
    const { life, retain } = this.#options;
    const { channel, folder } = life.place;
    const { store } = folder;
    if (store.files.lost !== undefined) return Promise.reject(store.files.lost);
    store.takeSnapshot();
    if (!isOver(store.state(channel), retain, (offset) => store.blockAt(channel, offset))) return undefined;
    this.#isTrimmingToRetention = true;
    return this.#trim(retain).finally(() => {
      this.#isTrimmingToRetention = false;
    });
  }

  /** Returns true if the oldest entry, at the offset `first`, exceeds the retention's age. Reads each entry once. */
  isTooOld(first: number): boolean {
    const { life, retain } = this.#options;
    const { place } = life;
    const { channel, folder } = place;
    const { store } = folder;
    if (this.#oldest.offset !== first || this.#oldest.place !== place) {
      store.takeSnapshot();
      const { time } = store.blockAt(channel, first) ?? { time: Number.POSITIVE_INFINITY };
      this.#oldest = { place, offset: first, time };
    }
    return this.#oldest.time < Date.now() - retain.age;
  }

  /** Trims everything up to and including an offset. */
  through(offset: number): Promise<void> {
    return this.#trim(offset);
  }

  async #trim(limit: Retention | number): Promise<void> {
    const { life, onTrimmed } = this.#options;
    const { place } = life;
    const { channel, folder } = place;
    const { store, writer, watcher } = folder;
    // The next life of a deleted channel has other entries at these offsets.
    for (let isMore = true; isMore && place === life.place; ) {
      life.checkOpen();
      const trimPart = () => writer.run(channel, () => trim(store, channel, limit));
      const part = await (writer.hasFailed
        ? this.#trimOnFullDisk(place, trimPart)
        : trimPart().catch(() => this.#trimOnFullDisk(place, trimPart)));
      watcher.notifyOthers();
      if (place === life.place) await onTrimmed(part.state);
      isMore = part.isOver;
    }
  }

  /** A trim needs free pages itself. On a full disk it gets them from the reserve. */
  async #trimOnFullDisk<T>({ channel, folder }: LmdbPlace, trimPart: () => Promise<T>): Promise<T> {
    const { store, writer } = folder;
    store.removeReserve();
    try {
      const trimmed = await trimPart();
      const rewriteState = () => {
        if (store.hasChannel(channel)) store.setState(channel, store.state(channel));
      };
      for (let i = 0; i < COMMITS_UNTIL_REUSE; i++) await writer.run(channel, rewriteState);
      return trimmed;
    } finally {
      store.makeReserve();
    }
  }
}
