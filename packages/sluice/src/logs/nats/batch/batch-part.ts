import { messageId, type WithHeaders } from "../message-id.ts";

/**
 * A message of a batch: one of several entries that are appended together. The server stores a message only right after
 * its predecessor in the batch. So if the last message of a batch is in the stream, all of them are, one after another.
 * The last message alone decides whether the entries are part of the log
 * (docs/decisions/063-the-last-message-of-a-nats-batch-decides.md).
 */
export interface BatchPart {
  /** Name of the batch: another one for each attempt. */
  readonly batch: string;
  /** Number of the message in its batch: 1, 2, 3 … */
  readonly index: number;
  /** Number of messages of the batch. */
  readonly size: number;
}

/** The end of the message ID of a batch's message. */
const ID = /^(.+)\.(\d+)\/(\d+)$/;
/** Sluice publishes fewer events at once. */
const MAX_SIZE = 4_096;

/** Returns the ID of a message of a batch. NATS recognises a message that is sent again by its ID. */
export function batchMessageId({ batch, index, size }: BatchPart): string {
  return `${batch}.${index}/${size}`;
}

/** Returns the part that a message is of its batch; `undefined` if it is a message of its own. */
export function partOf(message: WithHeaders): BatchPart | undefined {
  const [, batch, index, size] = ID.exec(messageId(message) ?? "") ?? [];
  if (batch === undefined) return undefined;
  const part = { batch, index: Number(index), size: Number(size) };
  return part.index >= 1 && part.index <= part.size && part.size <= MAX_SIZE ? part : undefined;
}

/** Returns the offset of the last message of a batch; `part` is the part of it at `offset`. */
export function endOf({ index, size }: BatchPart, offset: number): number {
  return offset + size - index;
}
