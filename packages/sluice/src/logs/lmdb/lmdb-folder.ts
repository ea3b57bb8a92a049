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
  /** Called once if the path names other files: see {@link OpenFiles}. Every use of this folder then fails. */
  readonly onLost: (error: Error) => void;
}

const NONE: ReadonlySet<string> = new Set();

/** An open folder: everything that its channels share. */
export class LmdbFolder {
  readonly store: LmdbStore;
  readonly writer: LmdbWriter;
  readonly watcher: CommitWatcher;
  readonly maxBytes: number;
  readonly ageTimers: AgeTimers = new AgeTimers();
  #closing: Promise<void> | undefined;

  /** Rejects with `LOG_FAILED` if the folder cannot be used. */
  static async open(openLmdb: typeof open, options: LmdbFolderOptions): Promise<LmdbFolder> {
    return new LmdbFolder(await openEnvironment(openLmdb, options.path), options);
  }

  private constructor(environment: Environment, { path, maxBytes, onCommit, onLost }: LmdbFolderOptions) {
    this.store = new LmdbStore(environment, path);
    this.writer = new LmdbWriter(this.store, (channel) => this.watcher.lookAgain(channel));
    this.watcher = new CommitWatcher(this.store, path, onCommit);
    this.maxBytes = maxBytes;
    this.store.files.onLost = (error) => {
      this.watcher.close();
      onLost(error);
    };
  }

  /**
   * Resolves to the number of a channel, which is created if needed. Its life then began in this data file, and is none
   * of the `ended` ones.
   */
  async enterChannel(name: string, ended: ReadonlySet<string> = NONE): Promise<number> {
    const { store, writer } = this;
    store.takeSnapshot();
    const existing = store.channelNumber(name);
    if (existing === undefined) {
      return writer.run(CHANNEL_LIST, () => {
        const number = store.channelNumber(name) ?? store.addChannel(name);
        store.enterLife(number, ended);
        return number;
      });
    }
    if (!store.hasValidLife(existing, ended)) await writer.run(existing, () => store.enterLife(existing, ended));
    return existing;
  }

  /**
   * Closes the folder after the running commits. A commit that does not end keeps the environment open until the
   * process exits.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const isIdle = await this.writer.whenIdle();
    this.watcher.close();
    if (isIdle) await this.store.close();
  }
}
