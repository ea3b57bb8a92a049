import type { open, RootDatabase, RootDatabaseOptionsWithPath } from "lmdb";
import { isSluiceError } from "../../../base/is-sluice-error.ts";
import { OutOfReach } from "../../shared/out-of-reach.ts";
import { checkDataFile, fileSystem, makeFolder, makeLockFile, makeReserve } from "./files.ts";

/**
 * Address space to map for the file, in bytes. It costs nothing, and saves remapping while the file grows. lmdb maps
 * more by itself when the file outgrows it.
 */
const MAPPED_BYTES = 1024 ** 3;

/** An open LMDB environment: one table for all channels. */
export interface Environment {
  readonly db: RootDatabase<Uint8Array, Buffer>;
  /** Identifies the data file. A copied or restored file is a different one. */
  readonly run: string;
}

/**
 * Opens the LMDB environment in a folder, and creates the folder if needed. Throws `LOG_FAILED` if the folder cannot be
 * used. Blocks while another process writes: lmdb opens its tables that way.
 */
export function openEnvironment(openLmdb: typeof open, path: string): Environment {
  const { accessSync, constants, statSync } = fileSystem();
  try {
    makeFolder(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    checkDataFile(path);
    makeLockFile(path);
    const db = openLmdb({
      path,
      noSubdir: false,
      encoding: "binary",
      keyEncoding: "binary",
      mapSize: MAPPED_BYTES,
      // Makes a commit visible only when it is on disk. Otherwise other processes could deliver events that a crash
      // takes back.
      overlappingSync: false,
      // With it, a failed commit becomes a rejection that nobody can handle. LmdbWriter groups the appends of a turn
      // itself.
      eventTurnBatching: false,
      // All writes requested in one turn go into one transaction, and are complete when it begins. So the writing
      // thread never waits for this thread, which may be stopped, busy, or about to exit.
      txnStartThreshold: Number.MAX_SAFE_INTEGER,
      batchStartThreshold: Number.MAX_SAFE_INTEGER,
      useVersions: true,
    } as RootDatabaseOptionsWithPath) as RootDatabase<Uint8Array, Buffer>;
    const { ino, birthtimeNs } = statSync(`${path}/data.mdb`, { bigint: true });
    makeReserve(path);
    // Without the device number: the same disk may have another one after a reboot.
    return { db, run: `${ino}:${birthtimeNs}` };
  } catch (cause) {
    if (isSluiceError(cause)) throw cause;
    const message =
      `lmdbLog cannot use ${JSON.stringify(path)}: ${(cause as Error).message}. ` +
      "Give it a folder that this process may read and write.";
    throw new OutOfReach(message, { cause });
  }
}
