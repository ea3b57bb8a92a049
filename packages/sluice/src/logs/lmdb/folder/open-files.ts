import { OutOfReach } from "../../shared/failures/out-of-reach.ts";
import { type FolderRecord, folderFiles } from "./folder-record.ts";

/** Returns the name of the store in reports of outages. */
export function storeIn(path: string): string {
  return `LMDB in ${JSON.stringify(path)}`;
}

/** Time in which every process notices that it has lost its files, and closes them, in ms. */
export const NOTICE_MS = 1_000;

/**
 * The two files that an environment has open. Notices if the path names other files, or if the data file was
 * overwritten. After that nothing may be read: the memory behind an overwritten file is gone, and a read ends the
 * process (SIGBUS).
 *
 * A check runs before each transaction, before each acknowledgement, and every 200 ms.
 */
export class OpenFiles {
  readonly opened: FolderRecord;
  readonly #path: string;
  readonly #newestCommit: () => number;
  #size = 0;
  #newest = 0;
  #lost: OutOfReach | undefined;
  /** True if the lost files may have other content now, although they are at the path. */
  mayBeOverwritten = false;
  /** Called once, when a check finds the files lost. */
  onLost: (error: OutOfReach) => void = () => undefined;

  /** `newestCommit` returns the number of the newest commit in the data file. */
  constructor(path: string, opened: FolderRecord, newestCommit: () => number) {
    this.#path = path;
    this.opened = opened;
    this.#newestCommit = newestCommit;
  }

  /** The error of every use since a check found that the files are lost. */
  get lost(): OutOfReach | undefined {
    return this.#lost;
  }

  /** Looks at the files, and returns {@link lost}. */
  check(): OutOfReach | undefined {
    if (this.#lost !== undefined) return this.#lost;
    const change = this.#findChange();
    if (change === undefined) return undefined;
    this.#lost = new OutOfReach(
      `The folder ${JSON.stringify(this.#path)} changed while it was open: ${change}. ` +
        "Events are rejected until the path has a complete folder, which Sluice then opens. " +
        "To begin with an empty log, restart the process.",
      { store: storeIn(this.#path) },
    );
    this.onLost(this.#lost);
    return this.#lost;
  }

  #findChange(): string | undefined {
    try {
      const { data, lock, size } = folderFiles(this.#path);
      if (data !== this.opened.data) return `data.mdb was ${data === undefined ? "deleted or moved" : "replaced"}`;
      if (lock !== this.opened.lock) return `lock.mdb was ${lock === undefined ? "deleted or moved" : "replaced"}`;
      this.mayBeOverwritten = true;
      // LMDB's file never becomes smaller. `cp` first removes all content of the file that it overwrites.
      const newest = size < this.#size ? 0 : this.#newestCommit();
      if (newest < this.#newest) return "data.mdb was overwritten";
      this.#size = size;
      this.#newest = newest;
      this.mayBeOverwritten = false;
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }
}
