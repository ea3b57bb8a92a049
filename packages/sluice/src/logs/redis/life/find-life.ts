import { SluiceError } from "../../../base/errors/sluice-error.ts";
import { currentLife, type Life, parseLife, type Seen } from "../../shared/life/life.ts";
import type { ChannelKeys } from "../channel-keys.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import type { EntryMark } from "./entry-mark.ts";
import type { StoreState } from "./store-witness.ts";

/** A life, and the ends of the log at the same moment. */
export interface FoundLife {
  readonly life: Life;
  readonly first: number;
  readonly last: number;
  /** Number of entries of other programs that were removed from the stream. */
  readonly removed: number;
}

/**
 * Other processes may begin a life at the same moment, and the first wins. This many losses in a row mean that
 * something is broken.
 */
const MAX_TRIES = 10;

/** How to judge the stored life. */
export interface LifeSearch {
  /** Returns the newest position that this process had seen before the call. Called with the life found. */
  readonly seen?: (stored: Life) => Promise<Seen | undefined>;
  /** Entries that this process has received. */
  readonly marks?: readonly EntryMark[];
  /** Called before a life begins in a log that has none. If it rejects, none begins. */
  readonly onMissing?: (() => Promise<void>) | undefined;
}

/**
 * Returns the life that a channel's log is in. Begins a new life if Redis is in another run, went back in time, or has
 * less than this process had seen before the call.
 */
export async function findLife(
  connection: RedisConnection,
  keys: ChannelKeys,
  { run, timeline: { id: timeline } }: StoreState,
  { seen, marks = [], onMissing }: LifeSearch,
): Promise<FoundLife> {
  const answer = (await connection.run("ends", keys, ["", ...wordsOf(marks)])) as EndsAnswer<string>;
  const [, , , removed, replaced] = answer;
  let [first, last, text] = answer as readonly [number, number, string, ...unknown[]];
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const stored = parseLife(text);
    if (stored === undefined) await onMissing?.();
    // Another entry in place of one that this process has: the store went back in time, and another process went on.
    const isReplaced = marks.some(({ epoch, offset }, i) => replaced[i] === 1 && offset <= endOf(epoch, stored, last));
    const before = stored && (await seen?.(stored));
    const life = currentLife({ run, first, last, timeline }, isReplaced ? undefined : stored, before);
    if (life === stored) return { life, first, last, removed };
    const args = [text, JSON.stringify(life), life.epoch];
    [first, last, text] = (await connection.run("begin", keys, args)) as [number, number, string];
  }
  throw keepsChangingError(keys);
}

type EndsAnswer<Text> = [first: number, last: number, life: Text, removed: number, replaced: number[]];

function wordsOf(marks: readonly EntryMark[]): string[] {
  return marks.flatMap(({ offset, text }) => [String(offset), text]);
}

/** Returns the end of the positions of an epoch in a life, or 0. */
function endOf(epoch: string, life: Life | undefined, last: number): number {
  if (life?.epoch === epoch) return last;
  return life?.former.find(([earlier]) => earlier === epoch)?.[1] ?? 0;
}

/** The ends of a log, as Redis has them. */
export interface LogEnds {
  readonly first: number;
  readonly last: number;
  /** True if the log is in the epoch that the caller named. */
  readonly isSameEpoch: boolean;
  /** Number of entries of other programs that were removed from the stream. */
  readonly removed: number;
  /** True if the log has another entry in place of one that the caller named. */
  readonly isReplaced: boolean;
}

/** Returns the ends of a channel's log. The caller has received the entries of `marks` in the life of `epoch`. */
export async function findEnds(
  connection: RedisConnection,
  keys: ChannelKeys,
  epoch: string,
  marks: readonly EntryMark[] = [],
): Promise<LogEnds> {
  const answer = (await connection.run("ends", keys, [epoch, ...wordsOf(marks)])) as EndsAnswer<string | null>;
  const [first, last, life, removed, replaced] = answer;
  return { first, last, isSameEpoch: life === null, removed, isReplaced: replaced.includes(1) };
}

/** Returns the error for a log whose epoch changes again and again. */
export function keepsChangingError([log]: ChannelKeys): SluiceError {
  const message = `The epoch of ${log} keeps changing. Check that the address does not lead to more than one Redis.`;
  return new SluiceError("LOG_FAILED", message);
}
