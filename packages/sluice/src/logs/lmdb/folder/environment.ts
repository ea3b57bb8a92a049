import type { open, RootDatabase, RootDatabaseOptionsWithPath } from "lmdb";
import { isSluiceError } from "../../../base/errors/is-sluice-error.ts";
import { sleep } from "../../../base/time/timers.ts";
import { OutOfReach } from "../../shared/failures/out-of-reach.ts";
import { admit } from "./admission.ts";
import { checkDataFile, fileSystem, makeFolder, makeLockFile, makeReserve } from "./files.ts";
import { type FolderRecord, folderFiles, readRecord } from "./folder-record.ts";
import { NOTICE_MS, storeIn } from "./open-files.ts";

/**
 * Address space to map for the file, in bytes. It costs nothing, and saves remapping while the file grows. lmdb maps
 * more by itself when the file outgrows it.
 */
const MAPPED_BYTES = 1024 ** 3;

/** How often to open the files again if somebody replaces them meanwhile. */
const MAX_ATTEMPTS = 5;

/** An open LMDB environment: one table for all channels. */
export interface Environment {
  readonly db: RootDatabase<Uint8Array, Buffer>;
  /** The record of the files that are open. */
  readonly record: FolderRecord;
  /** Identifies the data file. A copied or restored file is a different one. */
  readonly run: string;
}

/**
 * Opens the LMDB environment in a folder, and creates the folder if needed. Rejects with `LOG_FAILED` if the folder
 * cannot be used. Blocks while another process writes: lmdb opens its tables that way.
 */
export async function openEnvironment(openLmdb: typeof open, path: string): Promise<Environment> {
  try {
    makeFolder(path);
    const { accessSync, constants } = fileSystem();
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      await untilNoticed(path);
      checkDataFile(path);
      makeLockFile(path);
      const found = folderFiles(path);
      const db = openDatabase(openLmdb, path);
      const admitted = admit(db, path, found);
      if (typeof admitted === "object") {
        makeReserve(path);
        return { db, record: admitted, run: runOf(path) };
      }
      await db.close();
      if (admitted === "other-namespace") throw otherNamespace(path);
    }
    throw new Error("somebody keeps replacing its files");
  } catch (cause) {
    if (isSluiceError(cause)) throw cause;
    const message =
      `lmdbLog cannot use ${JSON.stringify(path)}: ${(cause as Error).message}. ` +
      "Give it a folder that this process may read and write.";
    throw new OutOfReach(message, { cause, store: storeIn(path) });
  }
}

/**
 * If one of the two files was deleted or replaced, waits until running processes have noticed. Otherwise they would
 * write to the same data with another lock.
 */
async function untilNoticed(path: string): Promise<void> {
  const record = readRecord(path);
  if (record === undefined) return;
  const { data, lock } = folderFiles(path);
  if ((record.data === data) !== (record.lock === lock)) await sleep(NOTICE_MS);
}

function openDatabase(openLmdb: typeof open, path: string): RootDatabase<Uint8Array, Buffer> {
  return openLmdb({
    path,
    noSubdir: false,
    encoding: "binary",
    keyEncoding: "binary",
    mapSize: MAPPED_BYTES,
    // Makes a commit visible only when it is on disk. Otherwise other processes could deliver events that a crash takes
    // back.
    overlappingSync: false,
    // With it, a failed commit becomes a rejection that nobody can handle. LmdbWriter groups the appends of a turn
    // itself.
    eventTurnBatching: false,
    // All writes requested in one turn go into one transaction, and are complete when it begins. So the writing thread
    // never waits for this thread, which may be stopped, busy, or about to exit.
    txnStartThreshold: Number.MAX_SAFE_INTEGER,
    batchStartThreshold: Number.MAX_SAFE_INTEGER,
    useVersions: true,
  } as RootDatabaseOptionsWithPath) as RootDatabase<Uint8Array, Buffer>;
}

/** Returns {@link Environment.run}. It has no device number: the same disk may have another one after a reboot. */
function runOf(path: string): string {
  const { ino, birthtimeNs } = fileSystem().statSync(`${path}/data.mdb`, { bigint: true });
  return `${ino}:${birthtimeNs}`;
}

function otherNamespace(path: string): OutOfReach {
  return new OutOfReach(
    `Another container has the folder ${JSON.stringify(path)} open: a process of another PID namespace. LMDB's locks ` +
      "work in one PID namespace only. Give each container a folder of its own, or let the containers share one " +
      "namespace (`docker run --pid`, `pid:` in Compose, `shareProcessNamespace` in Kubernetes). " +
      "If the other container is about to stop, try again.",
    { store: storeIn(path) },
  );
}
