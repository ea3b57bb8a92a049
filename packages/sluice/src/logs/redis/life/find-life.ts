import { SluiceError } from "../../../base/sluice-error.ts";
import { currentLife, type Life, parseLife, type Seen } from "../../shared/life.ts";
import type { ChannelKeys } from "../channel-keys.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";

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
  /** The newest position that this process had seen before the call. */
  readonly seen?: Seen | undefined;
  /** Called before a life begins in a log that has none. If it rejects, none begins. */
  readonly onMissing?: (() => Promise<void>) | undefined;
}

/**
 * Returns the life that a channel's log is in. Begins a new life if Redis is in another run, or has less than this
 * process had seen before the call. `run` is the run that the connection leads to (see `runOf`).
 */
export async function findLife(
  connection: RedisConnection,
  keys: ChannelKeys,
  run: string,
  { seen, onMissing }: LifeSearch,
): Promise<FoundLife> {
  let [first, last, text, removed] = (await connection.run("ends", keys, ["", ""])) as [number, number, string, number];
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const stored = parseLife(text);
    if (stored === undefined) await onMissing?.();
    const life = currentLife({ run, first, last }, stored, seen);
    if (life === stored) return { life, first, last, removed };
    const args = [text, JSON.stringify(life), life.epoch];
    [first, last, text] = (await connection.run("begin", keys, args)) as [number, number, string];
  }
  throw keepsChangingError(keys);
}

/** The ends of a log, as Redis has them. */
export interface LogEnds {
  readonly first: number;
  readonly last: number;
  /** True if the log is in the epoch that the caller named. */
  readonly isSameEpoch: boolean;
  /** Number of entries of other programs that were removed from the stream. */
  readonly removed: number;
  /** The beginning of the entry at the offset that the caller named; `""` if the log does not have it. */
  readonly mark: string;
  /** The beginning of the newest entry; `""` if the log has none. */
  readonly newest: string;
}

/**
 * Returns the ends of a channel's log. `epoch` is the epoch that the caller knows. `markAt` is the offset of the entry
 * whose beginning the caller wants to compare; if absent, both marks are `""`.
 */
export async function findEnds(
  connection: RedisConnection,
  keys: ChannelKeys,
  epoch: string,
  markAt?: number,
): Promise<LogEnds> {
  const [first, last, life, removed, mark = "", newest = ""] = (await connection.run("ends", keys, [
    epoch,
    markAt === undefined ? "" : String(markAt),
  ])) as [number, number, string | null, number, string?, string?];
  return { first, last, isSameEpoch: life === null, removed, mark, newest };
}

/** Returns the error for a log whose epoch changes again and again. */
export function keepsChangingError([log]: ChannelKeys): SluiceError {
  const message = `The epoch of ${log} keeps changing. Check that the address does not lead to more than one Redis.`;
  return new SluiceError("LOG_FAILED", message);
}
