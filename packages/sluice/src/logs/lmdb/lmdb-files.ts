import type * as fs from "node:fs";
import { SluiceError } from "../../base/sluice-error.ts";

/** Node's file system; found at run time, so that bundles for other places need not have it. */
export function fileSystem(): typeof fs {
  return process.getBuiltinModule("node:fs");
}

/** Makes a folder, and those that it is in. Node's own way never ends where the system has the parent but refuses with ENOENT, as in `/proc`. */
export function makeFolder(path: string): void {
  const { existsSync, mkdirSync } = fileSystem();
  if (existsSync(path)) return;
  const parent = process.getBuiltinModule("node:path").dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Room for 254 readers, in bytes. */
const LOCK_FILE_BYTES = 16_384;

/**
 * Makes the file that LMDB keeps its locks in, with all of its bytes. LMDB would make one with holes, and writes to it through memory: where
 * there is no room for a page the process would die of it (SIGBUS). It appears at once and whole, since another process may be about to use it.
 */
export function makeLockFile(path: string): void {
  const { existsSync, linkSync, rmSync, writeFileSync } = fileSystem();
  if (existsSync(`${path}/lock.mdb`)) return;
  const made = `${path}/lock-${process.pid}-${crypto.randomUUID()}.tmp`;
  try {
    writeFileSync(made, new Uint8Array(LOCK_FILE_BYTES));
    linkSync(made, `${path}/lock.mdb`);
  } catch (error) {
    // Another process was faster. A file system without links gets the file that LMDB makes.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST" && code !== "EPERM" && code !== "ENOTSUP") throw error;
  } finally {
    rmSync(made, { force: true });
  }
}

/** What LMDB's files begin with, where the first page's header ends: a magic number, and the version of the format. */
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const MAGIC_AT_BYTE = 24;
/** The two pages that each file of LMDB begins with, of the smallest size there is. */
const SMALLEST_FILE_BYTES = 8_192;

/** Throws when there is a data file that is none of LMDB: lmdb does not look, and crashes the process. */
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
  const fits = [true, false].some(
    (little) =>
      head.getUint32(MAGIC_AT_BYTE, little) === MAGIC && head.getUint32(MAGIC_AT_BYTE + 4, little) === VERSION,
  );
  if (fits && stats.size >= SMALLEST_FILE_BYTES) return;
  const message = `${JSON.stringify(file)} is not a data file of LMDB (format ${VERSION}), or it is damaged: give lmdbLog a folder of its own, or restore a backup.`;
  throw new SluiceError("LOG_FAILED", message);
}

/** What a trim of a few pages needs at most, in bytes. */
const RESERVE_BYTES = 512 * 1024;

/**
 * Makes a file that only takes up room. On a disk that is full LMDB cannot even delete, since it writes changed pages to new places: a trim
 * gives up the reserve, and makes it again afterwards. Without the room for it there is none.
 */
export function makeReserve(path: string): void {
  const { statSync, writeFileSync } = fileSystem();
  const file = `${path}/reserve`;
  try {
    if (statSync(file, { throwIfNoEntry: false })?.size !== RESERVE_BYTES)
      writeFileSync(file, new Uint8Array(RESERVE_BYTES));
  } catch {}
}

export function giveUpReserve(path: string): void {
  fileSystem().rmSync(`${path}/reserve`, { force: true });
}
