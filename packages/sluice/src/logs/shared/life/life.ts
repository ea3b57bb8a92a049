import type { Position } from "../../../base/position.ts";
import { newEpoch } from "./epoch.ts";

/**
 * One life of a channel's log: the period that one epoch identifies. A shared log stores it beside the entries.
 *
 * A new life begins whenever the store may have lost entries: it restarted, was restored, promoted or created again.
 * Entries that are still there keep their offsets. Positions up to the newest of them stay valid, and positions after
 * it are recognised as lost. So a new life costs the subscribers nothing.
 *
 * If a process has seen more entries than the store still has, something was certainly lost. Then no earlier position
 * stays valid: a subscriber that was further back has missed the lost entries, too.
 *
 * See docs/decisions/013-keep-entries-across-epochs.md and 014-void-all-positions-after-a-proven-loss.md.
 */
export interface Life {
  readonly epoch: string;
  /**
   * Identifies one run of the store: a server process, a file, a stream. Within a run the store loses no entry that it
   * acknowledged.
   */
  readonly run: string;
  /** Earlier epochs, newest first, each with the last offset up to which its positions are still valid. */
  readonly former: readonly (readonly [epoch: string, through: number])[];
  /** The newest entry left when the log last lost the entries after it. 0 if the log never lost any. */
  readonly lostAfter: number;
  /** The timeline of the store in which the life began; absent if the store has none. See {@link FoundLog.timeline}. */
  readonly timeline?: string;
}

/** A log as it was found in its store. */
export interface FoundLog {
  /** See {@link Life.run}. */
  readonly run: string;
  /** See {@link ChannelLog.first}. */
  readonly first: number;
  /** See {@link ChannelLog.last}. */
  readonly last: number;
  /** Another timeline begins if the store proves to have gone back in time. */
  readonly timeline?: string;
}

/** The newest position of a log that this process has seen, and the earlier lives that it knows. */
export interface Seen extends Position {
  readonly former: Life["former"];
  /**
   * Epochs that this process has seen end. If the store's life has one of them again, the store went back in time: it
   * was restored, or its data was moved away and back. The current epoch is among them if the store contradicts it.
   */
  readonly ended: ReadonlySet<string>;
  /** False if the store may have gone back in time before this process first saw the log. Default: true. */
  readonly isSure?: boolean;
}

/** No life has this epoch. */
export const NO_EPOCH = "";

/** Earlier lives remembered. A subscriber that resumes from an older one receives a gap. */
const MAX_FORMER = 64;

/**
 * Returns the life of the log that was found. It is `kept` if the store is in the same run and has lost nothing, else a
 * new life that continues after the newest entry found.
 *
 * `kept` is the life that the store holds, `undefined` if the log is new. `seen` is what this process had seen before
 * it looked.
 */
export function currentLife(found: FoundLog, kept: Life | undefined, seen?: Seen): Life {
  const { run, first, last, timeline } = found;
  const next = (former: Life["former"], lostAfter: number): Life => {
    return { epoch: newEpoch(), run, former, lostAfter, ...(timeline !== undefined && { timeline }) };
  };
  if (kept === undefined) return next([], last);
  const isOutdated = timeline !== undefined && kept.timeline !== undefined && kept.timeline !== timeline;
  const isUnknown = seen === undefined || seen.isSure === false;
  if (isLost(found, kept, seen) || (isOutdated && isUnknown)) return next([], last);
  // An epoch that ended never comes back, so that every process recognises that the store went back in time.
  if (kept.run === run && !isOutdated && seen?.ended.has(kept.epoch) !== true) return kept;
  const former = [
    [kept.epoch, last] as const,
    ...kept.former.map(([epoch, through]) => [epoch, Math.min(through, last)] as const),
  ]
    // The oldest position from which a subscriber can resume is right before the oldest entry.
    .filter(([, through]) => through >= first - 1);
  return next(former.slice(0, MAX_FORMER), kept.lostAfter);
}

/** Returns true if the log certainly lacks entries that this process has seen. */
export function isLost({ run, first, last }: FoundLog, kept: Life, seen: Seen | undefined): boolean {
  if (seen === undefined) return false;
  const { epoch, offset, former, ended } = seen;
  if (ended.has(epoch) && kept.epoch === epoch) return true;
  const ends = new Map([...kept.former, [kept.epoch, last]]);
  // This process saw the positions of an epoch become void. They never become valid again.
  const isVoid = (each: string) => ended.has(each) && each !== epoch && !former.some(([earlier]) => earlier === each);
  if ([...ends.keys()].some(isVoid)) return true;
  for (const [common, through] of [[epoch, offset] as const, ...former]) {
    const end = ends.get(common);
    // This is the newest life known to both. Entries seen after its end, on either side, are not in the log.
    if (end !== undefined) return offset > Math.min(end, through);
  }
  // The log does not know this process's life: the store was set back to an earlier time. Two cases are no loss: all
  // seen entries were trimmed since, or a new life in this run has already given up the past.
  return offset > 0 && offset >= first - 1 && (kept.run !== run || kept.former.length > 0);
}

/** Returns true if a life is the one of an epoch, or continues it: some of its positions may still be valid. */
export function continues({ epoch, former }: Life, earlier: string): boolean {
  return epoch === earlier || former.some(([each]) => each === earlier);
}

/** Returns what a process had seen if the life that it knew last has ended. The next life need not have any of it. */
export function seenEnd({ epoch, ended, isSure }: Seen): Seen {
  const known = { epoch: NO_EPOCH, offset: 0, former: [], ended: new Set([...ended, epoch]) };
  return isSure === undefined ? known : { ...known, isSure };
}

/**
 * Returns what a process had seen of a channel whose stored life may have begun after a deletion that the process
 * missed. `wasDeleted` returns true if the store remembers that the life of an epoch was deleted.
 */
export async function seenSinceDeletion(
  seen: Seen,
  stored: Life,
  wasDeleted: (epoch: string) => Promise<boolean>,
): Promise<Seen> {
  // If the life goes on, a deletion may have just begun. It must not meet another life.
  return continues(stored, seen.epoch) || !(await wasDeleted(seen.epoch)) ? seen : seenEnd(seen);
}

/** Parses a life that was stored as JSON. Returns `undefined` if there is no text. */
export function parseLife(text: string | null | undefined): Life | undefined {
  if (!text) return undefined;
  const { epoch, run, former, lostAfter = 0, timeline } = JSON.parse(text) as Life;
  return { epoch, run, former, lostAfter, ...(timeline !== undefined && { timeline }) };
}
