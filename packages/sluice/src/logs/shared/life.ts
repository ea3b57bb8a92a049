import { newEpoch } from "./epoch.ts";

/**
 * One life of a channel's log, as a shared log keeps it beside the entries. A new one begins whenever entries may have been lost: when
 * the store was restarted, restored, promoted, or made anew. What was there at that moment stays, and with it all positions up to there;
 * positions beyond it are recognised as lost. So a new life costs nobody anything. Only where a process has seen more than what is left is
 * it certain that something was lost; then no position of the past holds, since whoever was before the loss has missed it too.
 */
export interface Life {
  readonly epoch: string;
  /** Names one run of the store, within which nothing that was acknowledged is lost: a process, a file, a stream. */
  readonly run: string;
  /** Earlier epochs, newest first, and the offset up to which the positions of each still hold. */
  readonly former: readonly (readonly [epoch: string, through: number])[];
  /** The newest entry there was when something was last lost that came after it; 0: never. */
  readonly lostAfter: number;
}

/** How far a process has seen a life of the log, and what it knows of earlier ones. */
export interface Seen {
  readonly epoch: string;
  readonly offset: number;
  readonly former: Life["former"];
}

/** Earlier lives remembered; positions of older ones are told as a gap. */
const MAX_FORMER = 64;

/**
 * The life of a log that is found in the run `run` and whose newest entry is `last`: the one that was, if it is still the same run, else a
 * new one that goes on from there. `known` is what was kept of it; absent, when the log is new. `seen` is what this process had seen
 * before it asked for the others.
 */
export function lifeIn(run: string, known: Life | undefined, first: number, last: number, seen?: Seen): Life {
  if (known === undefined || isLost(run, known, first, last, seen))
    return { epoch: newEpoch(), run, former: [], lostAfter: last };
  if (known.run === run) return known;
  const former = [
    [known.epoch, last] as const,
    ...known.former.map(([epoch, through]) => [epoch, Math.min(through, last)] as const),
  ]
    // A position right before the oldest entry is the oldest that one can resume from.
    .filter(([, through]) => through >= first - 1);
  return { epoch: newEpoch(), run, former: former.slice(0, MAX_FORMER), lostAfter: known.lostAfter };
}

/** Whether it is certain that the log is less than this process has seen. */
function isLost(run: string, known: Life, first: number, last: number, seen: Seen | undefined): boolean {
  if (seen === undefined) return false;
  const { epoch, offset, former } = seen;
  const kept = new Map([...known.former, [known.epoch, last]]);
  for (const [common, through] of [[epoch, offset] as const, ...former]) {
    const end = kept.get(common);
    // What came after their last common life the log has lost.
    if (end !== undefined) return offset > Math.min(end, through);
  }
  // It knows nothing of the life that this process was in: it is as it was before that, unless all of that was trimmed or given up since.
  return offset > 0 && offset >= first - 1 && (known.run !== run || known.former.length > 0);
}

/** Reads a life that was kept as JSON; `undefined` where there is none that makes sense. */
export function parseLife(text: string | null | undefined): Life | undefined {
  if (!text) return undefined;
  const { epoch, run, former, lostAfter = 0 } = JSON.parse(text) as Life;
  return { epoch, run, former, lostAfter };
}
