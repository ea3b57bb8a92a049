import { continues, type Life, type Seen, seenSinceDeletion } from "../../shared/life/life.ts";
import { seenBefore } from "../../shared/view/closed-channels.ts";
import type { LogView } from "../../shared/view/log-view.ts";
import { lastComplete } from "../batch/last-complete.ts";
import { BrokenLink } from "../connection/nats-errors.ts";
import type { FoundStream } from "../stream/nats-stream.ts";
import { beginLife, createStream } from "./begin-life.ts";
import type { NatsLifeParts } from "./nats-life-parts.ts";
import { lifeOf, type NatsLives } from "./nats-lives.ts";
import type { ReceivedEntries } from "./received-entries.ts";

/** The life that a channel's log is in, and the stream that holds it. */
export interface FoundLife {
  readonly life: Life;
  readonly stream: FoundStream;
  /** Offset of the newest entry of the life, as this process may know it: the batch of the entry is complete. */
  readonly last: number;
  /** Identity of the connection over which the life was found. */
  readonly identity: string;
}

/** The log whose life is searched for, as this process knows it. */
export interface SearchedLog {
  /** The view of the log; `undefined` before the first check. */
  readonly view: LogView | undefined;
  readonly entries: ReceivedEntries;
  /** Returns true if the tail has missed nothing over this connection since the last check. */
  readonly isUnbroken: (identity: string | undefined) => boolean;
  /** Called if the channel was deleted, or its stream was. Rejects if nothing needs a new life. */
  readonly leaveMissing: (view: LogView) => Promise<void>;
}

/**
 * Searches for the life that a channel's log is in, over the connection of this identity. Begins a new life if the
 * server is in another run, or lacks something that this process has seen. Resolves to `undefined` if the search must
 * begin anew: another process changed the life meanwhile, or the stream had to be created first. Rejects with
 * {@link BrokenLink} if the connection changes.
 */
export async function findLife(
  parts: NatsLifeParts,
  { view, entries, isUnbroken, leaveMissing }: SearchedLog,
  identity: string | undefined,
): Promise<FoundLife | undefined> {
  const { link, lives, stream, names } = parts;
  const known = view?.seen;
  const [found, stored] = await Promise.all([stream.find(), lives.read(names.token)]);
  if (stored.deleting !== undefined) {
    await parts.deletions.wait(parts, stored, parts.timeout);
    return undefined;
  }
  if (view !== undefined && (found === undefined || stored.life === undefined)) await leaveMissing(view);
  if (found === undefined) {
    await createStream(parts, stored);
    return undefined;
  }
  const isSame = await entries.areIn(found, isUnbroken(identity), link, names.stream);
  const life = lifeOf(found, stored, isSame, await seenIn(parts, known, stored.life));
  if (view !== undefined && !continues(life, view.epoch)) await markIfDeleted(lives, view);
  const last = life.epoch === view?.epoch ? found.last : await lastComplete(link, names.stream, found);
  if (identity === undefined || identity !== link.identity) throw new BrokenLink();
  const isAgreed = life === stored.life || (await beginLife(parts, life, found, stored));
  return isAgreed ? { life, stream: found, last, identity } : undefined;
}

/** Finds out why the life that this process knows has ended. Another process may have begun the next one already. */
export async function markIfDeleted(lives: NatsLives, view: LogView): Promise<void> {
  const { epoch } = view;
  if ((await lives.isDeleted(epoch)) && epoch === view.epoch) view.markDeleted();
}

/**
 * Returns what this process had seen of the log. `known` is that of the open log; without it, the log was closed
 * before. It counts only for a life that the store has.
 */
async function seenIn(
  { before, lives }: NatsLifeParts,
  known: Seen | undefined,
  stored: Life | undefined,
): Promise<Seen | undefined> {
  const seen = known ?? (before && seenBefore(before));
  return seen && stored && seenSinceDeletion(seen, stored, (epoch) => lives.isDeleted(epoch));
}
