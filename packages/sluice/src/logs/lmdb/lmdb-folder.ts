import type { open } from "lmdb";
import { AgeTimers } from "../shared/age-checks.ts";
import type { Changed } from "./commit-tracker.ts";
import { CommitWatcher } from "./commit-watcher.ts";
import { LmdbWriter } from "./lmdb-writer.ts";
import { type Environment, openEnvironment } from "./store/environment.ts";
import { CHANNEL_LIST } from "./store/keys.ts";
import { LmdbStore } from "./store/lmdb-store.ts";

/** How to open a folder. */
export interface LmdbFolderOptions {
  readonly path: string;
  /** See {@link LmdbLogOptions.mapSize}. */
  readonly maxBytes: number;
  /** Called when another process, or this one, may have changed these channels. */
  readonly onCommit: (changed: Changed) => void;
}

/** An open folder: everything that its channels share. */
export class LmdbFolder {
  readonly store: LmdbStore;
  readonly writer: LmdbWriter;
  readonly watcher: CommitWatcher;
  readonly maxBytes: number;
  readonly ageTimers: AgeTimers = new AgeTimers();

  /** Rejects with `LOG_FAILED` if the folder cannot be used. */
  static async open(openLmdb: typeof open, options: LmdbFolderOptions): Promise<LmdbFolder> {
    return new LmdbFolder(await openEnvironment(openLmdb, options.path), options);
  }

  private constructor(environment: Environment, { path, maxBytes, onCommit }: LmdbFolderOptions) {
    this.store = new LmdbStore(environment, path);
    this.writer = new LmdbWriter(this.store, (channel) => this.watcher.lookAgain(channel));
    this.watcher = new CommitWatcher(this.store, path, onCommit);
    this.maxBytes = maxBytes;
  }

  /** Resolves to the number of a channel, which is created if needed. Its life then began in this data file. */
  async enterChannel(name: string): Promise<number> {
    const { store, writer } = this;
    store.takeSnapshot();
    const existing = store.channelNumber(name);
    if (existing === undefined) {
      return writer.run(CHANNEL_LIST, () => {
        const number = store.channelNumber(name) ?? store.addChannel(name);
        store.enterLife(number);
        return number;
      });
    }
    if (!store.hasLifeInThisFile(existing)) await writer.run(existing, () => store.enterLife(existing));
    return existing;
  }

  /**
   * Closes the folder after the running commits. A commit that does not end keeps the environment open until the
   * process exits.
   */
  async close(): Promise<void> {
    const isIdle = await this.writer.whenIdle();
    this.watcher.close();
    if (isIdle) await this.store.close();
  }
}
