import type { open } from "lmdb";
import { OnDemand } from "../../base/loading/on-demand.ts";
import { untilRestored } from "./folder/restored.ts";
import { LmdbFolder, type LmdbFolderOptions } from "./lmdb-folder.ts";

/** How to open the folder of a log, and what to do if it is replaced. */
export interface CurrentFolderOptions {
  readonly path: string;
  /** See {@link LmdbLogOptions.mapSize}. */
  readonly maxBytes: number;
  /** Loads the package lmdb. */
  readonly load: () => Promise<typeof open>;
  /** See {@link LmdbFolderOptions.onCommit}. */
  readonly onCommit: LmdbFolderOptions["onCommit"];
  /** Called once if the open files are lost. Every use of the folder fails from then on. */
  readonly onLost: (error: Error) => void;
  /** Moves the channels to the folder that the path names now. */
  readonly moveTo: (folder: LmdbFolder) => Promise<void>;
}

/**
 * The folder of a log. It opens at the first use, and again if somebody deletes, moves or replaces it while it is open
 * (docs/decisions/050-a-lost-lmdb-folder-opens-again.md).
 */
export class CurrentFolder {
  readonly #options: CurrentFolderOptions;
  /** The absolute path: it names the same folder if the program changes its working directory. */
  #path = "";
  readonly #first: OnDemand<LmdbFolder> = new OnDemand(() => this.#openFirst());
  #current: LmdbFolder | undefined;
  readonly #ending = new AbortController();
  #recovering: Promise<void> | undefined;

  constructor(options: CurrentFolderOptions) {
    this.#options = options;
  }

  /** Returns the folder, also a lost one until another opens. Rejects with `LOG_FAILED` if it cannot be opened. */
  get(): LmdbFolder | Promise<LmdbFolder> {
    return this.#current ?? this.#first.get();
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#first.settled();
    await this.#recovering;
    await this.#current?.close();
  }

  async #openFirst(): Promise<LmdbFolder> {
    this.#path = process.getBuiltinModule("node:path").resolve(this.#options.path);
    this.#current = await this.#open();
    return this.#current;
  }

  async #open(): Promise<LmdbFolder> {
    const { maxBytes, load, onCommit } = this.#options;
    const openLmdb = await load();
    const onLost = (error: Error) => this.#lost(folder, error);
    const folder: LmdbFolder = await LmdbFolder.open(openLmdb, { path: this.#path, maxBytes, onCommit, onLost });
    // A process that deleted channels may have ended before it had removed their entries.
    folder.removeRemains().catch(() => undefined);
    return folder;
  }

  #lost(folder: LmdbFolder, error: Error): void {
    // If the folder is not the current one, `#recover` finds out by itself.
    if (folder !== this.#current) return;
    this.#options.onLost(error);
    this.#recovering = this.#recover(folder);
  }

  async #recover(lost: LmdbFolder): Promise<void> {
    const { moveTo } = this.#options;
    // First: while lmdb has a data file open, it would go on with the old lock file.
    await lost.close();
    while (await untilRestored(this.#path, { lost: lost.store.files, ending: this.#ending.signal })) {
      let folder: LmdbFolder | undefined;
      try {
        folder = await this.#open();
        await moveTo(folder);
        if (folder.store.files.lost !== undefined) throw folder.store.files.lost;
        this.#current = folder;
        return;
      } catch {
        // Try again. The error of the lost files was reported.
        await folder?.close();
      }
    }
  }
}
