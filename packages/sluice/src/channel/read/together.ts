import type { KeptEvent } from "../event/kept-event.ts";

/** A batch of events that is being filled. */
export interface Filling {
  /** The next event. */
  readonly event: KeptEvent;
  /** Bytes in the batch. */
  readonly bytes: number;
  /** Number of bytes at which a batch is full. */
  readonly limit: number;
  /** Returns the event at an offset; `undefined` if it is out of reach. */
  at(offset: number): KeptEvent | undefined;
}

/**
 * Returns true if events that were appended together begin with the next one, and fit into one batch, but not into the
 * rest of this one. Then this batch ends, so that one write has all of them.
 */
export function mustStartBatch({ event, bytes, limit, at }: Filling): boolean {
  const { offset: first, more = 0 } = event.entry;
  if (more === 0 || at(first - 1)?.entry.more) return false;
  let together = 0;
  for (let offset = first; offset <= first + more; offset++) together += at(offset)?.frameSize ?? 0;
  return bytes + together > limit && together <= limit;
}
