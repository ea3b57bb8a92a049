import type { open } from "lmdb";
import { AgeTimers } from "../shared/age-checks.ts";
import type { Seen } from "../shared/life/life.ts";
import type { Changed } from "./commit-tracker.ts";
import { CommitWatcher } from "./commit-watcher.ts";
import { type Environment, openEnvironment } from "./folder/environment.ts";
import { LmdbWriter } from "./lmdb-writer.ts";
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

/** Channels that are being created. */
interface Adding {
  readonly names: Set<string>;
  readonly numbers: Promise<ReadonlyMap<string, number>>;
}

const ADDED_PER_CHANGE = 1_000;

/** An open folder: everything that its channels share. */
export class LmdbFolder {
  readonly store: LmdbStore;
  readonly writer: LmdbWriter;
  readonly watcher: CommitWatcher;
  readonly maxBytes: number;
  readonly ageTimers: AgeTimers = new AgeTimers();
  #adding: Adding | undefined;
  #removing: Promise<void> | undefined;
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
   * Resolves to the number of a channel, which is created if needed. Its life then began in this data file, and has
   * what this process has `seen` of the channel. Another process may delete the channel at any time.
   */
  async enterChannel(name: string, seen?: Seen): Promise<number> {
    const { store, writer } = this;
    for (;;) {
      store.takeSnapshot();
      const number = store.channels.numberOf(name) ?? (await this.#addChannel(name));
      store.takeSnapshot();
      // A number without a name must never get a life: the processes would be in different ones.
      const enter = () => store.hasChannel(number) && store.enterLife(number, seen);
      if (!store.hasValidLife(number, seen)) await writer.run(number, enter);
      store.takeSnapshot();
      if (store.hasChannel(number)) return number;
    }
  }

  /**
   * Removes the entries of deleted channels, in parts. If that fails, the next deletion or the next process that opens
   * the folder continues.
   */
  removeRemains(): Promise<void> {
    this.#removing ??= this.#removeRemains().finally(() => {
      this.#removing = undefined;
    });
    return this.#removing;
  }

  async #removeRemains(): Promise<void> {
    const { store, writer } = this;
    store.takeSnapshot();
    for (const channel of store.deleted.withRemains())
      while (await writer.run(channel, () => store.deleted.removeRemains(channel)));
  }

  /** Channels that are created at the same time go into one transaction. */
  #addChannel(name: string): Promise<number> {
    if (this.#adding === undefined || this.#adding.names.size >= ADDED_PER_CHANGE) this.#adding = this.#beginAdding();
    const { names, numbers } = this.#adding;
    names.add(name);
    return numbers.then((found) => found.get(name) as number);
  }

  #beginAdding(): Adding {
    const names = new Set<string>();
    const numbers = this.writer.run(CHANNEL_LIST, () => {
      // From now on, further channels go into the next transaction.
      if (this.#adding?.names === names) this.#adding = undefined;
      return this.store.addChannels(names);
    });
    return { names, numbers };
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
