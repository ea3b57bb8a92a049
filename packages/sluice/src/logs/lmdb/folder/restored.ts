import { quietInterval } from "../../../base/time/timers.ts";
import { fileSystem } from "./files.ts";
import { type FolderRecord, folderFiles, readRecord } from "./folder-record.ts";
import { NOTICE_MS, type OpenFiles } from "./open-files.ts";

/** How often to look, in ms. */
const POLL_MS = 200;

/** A data file that has not changed for this time is complete, in ms: no program is copying it any more. */
const SETTLED_MS = 2_000;

/** The files to wait for. */
export interface RestoreOptions {
  /** The files that this process has lost. */
  readonly lost: Pick<OpenFiles, "opened" | "mayBeOverwritten">;
  /** Ends the wait. */
  readonly ending: AbortSignal;
}

/**
 * Resolves to true when the path has a complete data file, and to false when `ending` aborts. Does not create the
 * folder: somebody may be about to restore it, and `cp -r` or `mv` would then copy into the new one. Does not keep the
 * process running.
 */
export function untilRestored(path: string, { lost, ending }: RestoreOptions): Promise<boolean> {
  return new Promise((resolve) => {
    let seen: string | undefined;
    const began = performance.now();
    let since = began;
    const end = (isRestored: boolean) => {
      clearInterval(timer);
      ending.removeEventListener("abort", stop);
      resolve(isRestored);
    };
    const stop = () => end(false);
    const look = () => {
      const now = performance.now();
      const found = contentOf(path);
      if (found !== seen) since = now;
      seen = found;
      if (found === undefined || now - began < NOTICE_MS) return;
      if (isBack(path, lost) || isInUse(path, lost.opened) || now - since >= SETTLED_MS) end(true);
    };
    const timer = quietInterval(look, POLL_MS);
    if (ending.aborted) stop();
    else ending.addEventListener("abort", stop);
  });
}

/** Returns a text that changes with the data file. */
function contentOf(path: string): string | undefined {
  try {
    const { ino, size, mtimeNs } = fileSystem().statSync(`${path}/data.mdb`, { bigint: true });
    return `${ino}:${size}:${mtimeNs}`;
  } catch {
    return undefined;
  }
}

/**
 * Returns true if the lost files are at their path again: they were moved away and back. A process that did not notice
 * may write to them without a pause.
 */
function isBack(path: string, { opened, mayBeOverwritten }: RestoreOptions["lost"]): boolean {
  const { data, lock } = folderFiles(path);
  return !mayBeOverwritten && data === opened.data && lock === opened.lock;
}

/** Returns true if another process has opened the files since they are at the path. */
function isInUse(path: string, lost: FolderRecord): boolean {
  const record = readRecord(path);
  const { data, lock } = folderFiles(path);
  // A record that was copied with the files is older.
  return record !== undefined && record.data === data && record.lock === lock && record.since > lost.since;
}
