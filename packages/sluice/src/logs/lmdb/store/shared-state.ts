import type { RootDatabase } from "lmdb";
import { newestCommit } from "../folder/admission.ts";

/** The state that all processes with the same folder share in memory. */
export class SharedState {
  readonly #db: RootDatabase<Uint8Array, Buffer>;

  constructor(db: RootDatabase<Uint8Array, Buffer>) {
    this.#db = db;
  }

  /** Number of the newest commit by any process. It may not be synced yet, and then it cannot be read. */
  get newestCommit(): number {
    return newestCommit(this.#db);
  }

  /** True if other processes have the folder open. */
  get hasOthers(): boolean {
    return this.#readers().length > 1;
  }

  /**
   * Returns the number of the newest commit that can be read in the current snapshot, or the number before it. `newest`
   * is the {@link newestCommit} from before the snapshot was taken. Only one commit can be numbered and not readable.
   *
   * LMDB's list of readers has the number, in a line for each thread. Another thread of this process may have an older
   * snapshot.
   */
  snapshotCommit(newest: number): number {
    const commits = this.#readers()
      .map((line) => line.trim().split(/\s+/))
      .filter(([pid, , commit]) => Number(pid) === process.pid && commit !== "-")
      .map(([, , commit]) => Number(commit));
    return Math.max(newest - 1, commits.length > 0 ? Math.min(...commits) : 0);
  }

  /**
   * Returns the lines of LMDB's list of readers, one for each thread that has the folder open: process, thread, and the
   * commit of its snapshot. The line of a killed process stays until another process opens the folder.
   */
  #readers(): string[] {
    return this.#db.readerList().trimEnd().split("\n").slice(1);
  }
}
