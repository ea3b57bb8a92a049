import type { Retention } from "../log.ts";
import { isOver, trim } from "./lmdb-changes.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";
import type { ChannelState } from "./store/lmdb-store.ts";

/** Commits after which LMDB reuses the pages that a commit freed. */
const COMMITS_UNTIL_REUSE = 2;

/** The channel to trim. */
export interface TrimmerOptions {
  readonly channel: number;
  readonly retain: Retention;
  /** Throws if the log is closed. */
  readonly checkOpen: () => void;
  /** Called after each part that was trimmed, with the state of the log. */
  readonly onTrimmed: (state: ChannelState) => Promise<void>;
}

/** Trims one channel, in parts, so that no change takes long. */
export class LmdbTrimmer {
  readonly #folder: LmdbFolder;
  readonly #options: TrimmerOptions;
  #isTrimmingToRetention = false;
  /** The oldest entry, as {@link isTooOld} last read it. */
  #oldest = { offset: 0, time: 0 };

  constructor(folder: LmdbFolder, options: TrimmerOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /**
   * Trims everything that exceeds the retention. Returns `undefined` if there is nothing to trim, or a trim is running.
   */
  toRetention(): Promise<void> | undefined {
    if (this.#isTrimmingToRetention) return undefined;
    const { store } = this.#folder;
    const { channel, retain } = this.#options;
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
    const { store } = this.#folder;
    const { channel, retain } = this.#options;
    if (this.#oldest.offset !== first) {
      store.takeSnapshot();
      const { time } = store.blockAt(channel, first) ?? { time: Number.POSITIVE_INFINITY };
      this.#oldest = { offset: first, time };
    }
    return this.#oldest.time < Date.now() - retain.age;
  }

  /** Trims everything up to and including an offset. */
  through(offset: number): Promise<void> {
    return this.#trim(offset);
  }

  async #trim(limit: Retention | number): Promise<void> {
    const { store, writer, watcher } = this.#folder;
    const { channel, checkOpen, onTrimmed } = this.#options;
    for (let isMore = true; isMore; ) {
      checkOpen();
      const trimPart = () => writer.run(channel, () => trim(store, channel, limit));
      const part = await (writer.hasFailed
        ? this.#trimOnFullDisk(trimPart)
        : trimPart().catch(() => this.#trimOnFullDisk(trimPart)));
      watcher.notifyOthers();
      await onTrimmed(part.state);
      isMore = part.isOver;
    }
  }

  /** A trim needs free pages itself. On a full disk it gets them from the reserve. */
  async #trimOnFullDisk<T>(trimPart: () => Promise<T>): Promise<T> {
    const { store, writer } = this.#folder;
    const { channel } = this.#options;
    store.removeReserve();
    try {
      const trimmed = await trimPart();
      const rewriteState = () => store.setState(channel, store.state(channel));
      for (let i = 0; i < COMMITS_UNTIL_REUSE; i++) await writer.run(channel, rewriteState);
      return trimmed;
    } finally {
      store.makeReserve();
    }
  }
}
