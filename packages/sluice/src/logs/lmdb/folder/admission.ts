import type { RootDatabase } from "lmdb";
import { makeNewLockFile } from "./files.ts";
import {
  type FolderFiles,
  type FolderRecord,
  folderFiles,
  pidNamespace,
  readRecord,
  writeRecord,
} from "./folder-record.ts";

/**
 * - `other-namespace`: processes of another PID namespace have the folder open.
 * - `other-files`: the path names other files now, so the environment must be opened again.
 */
export type Refusal = "other-namespace" | "other-files";

/** Flag of a transaction: commit on this thread. */
const COMMIT_AT_ONCE = 2;

/**
 * Decides if this process may use an environment that it has just opened and not read yet. Returns the record of the
 * open folder if it may. `files` are the files that the path named before. Works under LMDB's write lock, so that
 * processes decide one after another (docs/decisions/049-one-pid-namespace-per-folder.md).
 *
 * A process must not read before: if another PID namespace has a process with the same PID, LMDB blocks for 10 s.
 */
export function admit(db: RootDatabase<Uint8Array, Buffer>, path: string, files: FolderFiles): FolderRecord | Refusal {
  const decide = (): FolderRecord | Refusal => {
    const { data, lock } = folderFiles(path);
    if (lock !== files.lock || (files.data !== undefined && data !== files.data)) return "other-files";
    const namespace = pidNamespace();
    const found = readRecord(path);
    // The first process that opens the lock file empties the list, and every process then adds a line. So the list is
    // empty if and only if no other process is alive.
    const isShared = hasReaders(db);
    if (isShared) {
      if (found !== undefined && found.namespace !== namespace) return "other-namespace";
      const isOtherData = found !== undefined && found.lock === lock && found.data !== data;
      if (isOtherData || !isLockOfData(db)) {
        makeNewLockFile(path);
        return "other-files";
      }
    }
    const since = (isShared ? found?.since : undefined) ?? Math.max(Date.now(), (found?.since ?? 0) + 1);
    const record = { namespace, since, data, lock };
    if (since !== found?.since) writeRecord(path, record);
    db.useReadTransaction().done();
    return record;
  };
  return db.transactionSync(decide, COMMIT_AT_ONCE);
}

function hasReaders(db: RootDatabase<Uint8Array, Buffer>): boolean {
  return db.readerList().includes("pid");
}

/**
 * Returns true if the lock file has the number of the newest commit in the data file. It has another one if the data
 * file was replaced while processes use the lock file. Call it only in a transaction: no other commit is running then.
 */
function isLockOfData(db: RootDatabase<Uint8Array, Buffer>): boolean {
  return db.getWriteTxnId() - 1 === newestCommit(db);
}

/** Returns the number of the newest commit in the data file, by any process. Reads shared memory. */
export function newestCommit(db: RootDatabase<Uint8Array, Buffer>): number {
  return (db as unknown as { env: { info(): { lastTxnId: number } } }).env.info().lastTxnId;
}
