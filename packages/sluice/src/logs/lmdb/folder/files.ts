import type * as fs from "node:fs";
import { SluiceError } from "../../../base/errors/sluice-error.ts";

/** Returns Node's file system. It is looked up at run time, so that bundles for other runtimes can do without it. */
export function fileSystem(): typeof fs {
  return process.getBuiltinModule("node:fs");
}

/**
 * Creates a folder and its parents. Node's recursive `mkdirSync` never returns where the parent exists and the system
 * still refuses with ENOENT, as in `/proc`.
 */
export function makeFolder(path: string): void {
  const { existsSync, mkdirSync } = fileSystem();
  if (existsSync(path)) return;
  const parent = process.getBuiltinModule("node:path").dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // EEXIST: another process created it first.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Room for 254 readers. */
const LOCK_FILE_BYTES = 16_384;

/**
 * Creates LMDB's lock file with all of its bytes. LMDB itself would create a sparse file and write to it through mapped
 * memory. If the disk then has no room for a page, the process dies (SIGBUS). The file appears whole, by a link,
 * because another process may be about to use it.
 */
export function makeLockFile(path: string): void {
  const { existsSync, linkSync } = fileSystem();
  if (existsSync(`${path}/lock.mdb`)) return;
  try {
    withLockFile(path, (file) => linkSync(file, `${path}/lock.mdb`));
  } catch (error) {
    // EEXIST: another process created it first. EPERM, ENOTSUP: without links LMDB creates the file itself.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST" && code !== "EPERM" && code !== "ENOTSUP") throw error;
  }
}

/** Replaces the lock file. Processes that have the old lock file open keep it. */
export function makeNewLockFile(path: string): void {
  withLockFile(path, (file) => fileSystem().renameSync(file, `${path}/lock.mdb`));
}

/** Calls `use` with the path of a new lock file, and removes the file if it is still there. */
function withLockFile(path: string, use: (file: string) => void): void {
  const { rmSync, writeFileSync } = fileSystem();
  const file = `${path}/lock-${process.pid}-${crypto.randomUUID()}.tmp`;
  try {
    writeFileSync(file, new Uint8Array(LOCK_FILE_BYTES));
    use(file);
  } finally {
    rmSync(file, { force: true });
  }
}

/** LMDB's magic number and format version. They follow the header of the first page. */
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const MAGIC_AT_BYTE = 24;
/** Every LMDB file begins with two pages. This is their size with the smallest pages. */
const SMALLEST_FILE_BYTES = 8_192;

/**
 * Throws `LOG_FAILED` if there is a data file that LMDB did not write. lmdb does not check, and would crash the
 * process.
 */
export function checkDataFile(path: string): void {
  const { closeSync, openSync, readSync, statSync } = fileSystem();
  const file = `${path}/data.mdb`;
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || stats.size === 0) return;
  const head = new DataView(new ArrayBuffer(MAGIC_AT_BYTE + 8));
  if (stats.isFile()) {
    const opened = openSync(file, "r");
    readSync(opened, head, 0, head.byteLength, 0);
    closeSync(opened);
  }
  const hasMagic = [true, false].some(
    (little) =>
      head.getUint32(MAGIC_AT_BYTE, little) === MAGIC && head.getUint32(MAGIC_AT_BYTE + 4, little) === VERSION,
  );
  if (hasMagic && stats.size >= SMALLEST_FILE_BYTES) return;
  throw new SluiceError(
    "LOG_FAILED",
    `${JSON.stringify(file)} is not an LMDB data file (format ${VERSION}), or it is damaged. ` +
      "Give lmdbLog a folder of its own, or restore a backup.",
  );
}

/** More than a trim of a few pages needs. */
const RESERVE_BYTES = 512 * 1024;

/**
 * Creates a file that only occupies space, if the disk has room for it. On a full disk LMDB cannot even delete, because
 * it writes each changed page to free space. A trim then removes the reserve, and creates it again afterwards.
 */
export function makeReserve(path: string): void {
  const { statSync, writeFileSync } = fileSystem();
  const file = `${path}/reserve`;
  try {
    if (statSync(file, { throwIfNoEntry: false })?.size !== RESERVE_BYTES)
      writeFileSync(file, new Uint8Array(RESERVE_BYTES));
  } catch {}
}

/** Removes the file that {@link makeReserve} created. */
export function removeReserve(path: string): void {
  fileSystem().rmSync(`${path}/reserve`, { force: true });
}
