import type { NatsLink } from "../connection/nats-link.ts";
import { type BatchPart, endOf, partOf } from "./batch-part.ts";

/**
 * Resolves to true if a batch is complete, and to false if it never will be; `part` is the part of it at `offset`.
 * Resolves to `undefined` if the stream ends before the place of its last message.
 */
export async function isComplete(
  link: NatsLink,
  stream: string,
  offset: number,
  part: BatchPart | undefined,
): Promise<boolean | undefined> {
  if (part === undefined || part.index === part.size) return true;
  const message = await link.session.jsm.streams.getMessage(stream, { seq: endOf(part, offset) });
  if (message === null) return undefined;
  const last = partOf({ headers: message.header });
  return last?.batch === part.batch && last.index === part.size;
}

/** The messages that a stream holds for a publisher's own ID. */
export interface OwnId {
  /** Offset of the event that has the ID; 0 if there is none. */
  readonly offset: number;
  /** Number of the newest message with the ID. A new event names it, so that no other event with the ID comes first. */
  readonly lastSubjectSequence: number;
  /**
   * Number of the stream's last message, if it belongs to a batch with the ID that may still become complete. A new
   * event must be the next message: then the batch never will be.
   */
  readonly lastSequence?: number;
}

/** Looks a publisher's own ID up by its subject. `isGivenUp` returns true for a batch that never becomes complete. */
export async function findOwnId(
  link: NatsLink,
  stream: string,
  subject: string,
  isGivenUp: (batch: string) => boolean = () => false,
): Promise<OwnId> {
  const { streams } = link.session.jsm;
  const message = await streams.getMessage(stream, { last_by_subj: subject });
  if (message === null) return { offset: 0, lastSubjectSequence: 0 };
  const { seq } = message;
  const part = partOf({ headers: message.header });
  const find = () => isComplete(link, stream, seq, part);
  let isEvent = part && isGivenUp(part.batch) ? false : await find();
  if (part !== undefined && isEvent === undefined) {
    const { last_seq: last } = (await streams.info(stream)).state;
    if (last < endOf(part, seq)) return { offset: 0, lastSubjectSequence: seq, lastSequence: last };
    // The stream has grown meanwhile.
    isEvent = await find();
  }
  return { offset: isEvent ? seq : 0, lastSubjectSequence: seq };
}
