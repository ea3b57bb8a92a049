import type { BigIntStats } from "node:fs";
import { fileSystem } from "./files.ts";

/**
 * Identifies the two files that LMDB uses, while a process has them open. Without their birth times: Node returns the
 * time of the last change instead where a container forbids the system call `statx`.
 */
export interface FolderFiles {
  /** `undefined` if there is no file. */
  readonly data: string | undefined;
  readonly lock: string | undefined;
}

/** The files that a path names. */
interface FoundFiles extends FolderFiles {
  /** Size of the data file, in bytes; 0 if there is none. */
  readonly size: number;
}

/** Returns the files that a path names now. */
export function folderFiles(path: string): FoundFiles {
  const data = statOf(`${path}/data.mdb`);
  return { data: identityOf(data), lock: identityOf(statOf(`${path}/lock.mdb`)), size: Number(data?.size ?? 0) };
}

function statOf(file: string): BigIntStats | undefined {
  return fileSystem().statSync(file, { bigint: true, throwIfNoEntry: false });
}

function identityOf(stats: BigIntStats | undefined): string | undefined {
  return stats && `${stats.dev}:${stats.ino}`;
}

/** The content of the file `opened`: a record of the processes that have the folder open. */
export interface FolderRecord extends FolderFiles {
  /** Their PID namespace. */
  readonly namespace: string;
  /** Since when the folder has been open without a pause, in ms since 1970. */
  readonly since: number;
}

/** The record is overwritten in place, so that it needs no space on a full disk. */
const RECORD_CHARACTERS = 512;

/** Returns the record, or `undefined` if there is none. It may be of processes that have ended. */
export function readRecord(path: string): FolderRecord | undefined {
  try {
    return JSON.parse(fileSystem().readFileSync(`${path}/opened`, "utf8")) as FolderRecord;
  } catch {
    return undefined;
  }
}

/** Writes the record. Ignores errors: on a full disk, the folder must open so that it can be trimmed. */
export function writeRecord(path: string, record: FolderRecord): void {
  const { closeSync, constants, openSync, writeSync } = fileSystem();
  try {
    const file = openSync(`${path}/opened`, constants.O_WRONLY | constants.O_CREAT, 0o664);
    writeSync(file, JSON.stringify(record).padEnd(RECORD_CHARACTERS), 0);
    closeSync(file);
  } catch {}
}

/**
 * Returns the PID namespace of this process. All namespaces of one kernel that exist at the same time have different
 * names. Without `/proc` the namespace is `unknown`.
 */
export function pidNamespace(): string {
  if (process.platform !== "linux") return process.platform;
  try {
    return fileSystem().readlinkSync("/proc/self/ns/pid");
  } catch {
    return "unknown";
  }
}
