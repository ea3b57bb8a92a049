import type { KeptEvent } from "../../event/kept-event.ts";
import { mustStartBatch } from "../together.ts";
import type { EventWindow } from "./event-window.ts";

/**
 * Returns the next batch of a flush: the events after the offset `after`, of at most `limit` bytes, or the first event
 * alone if it has more. The window must have an event after the offset.
 */
export function nextBatch(window: EventWindow, after: number, limit: number): KeptEvent[] {
  const batch: KeptEvent[] = [];
  let bytes = 0;
  let offset = after;
  const at = (next: number) => window.at(next);
  while (offset < window.last && (batch.length === 0 || bytes < limit)) {
    const event = window.at(offset + 1)!;
    if (batch.length > 0 && event.entry.more && mustStartBatch({ event, bytes, limit, at })) break;
    offset++;
    batch.push(event);
    bytes += event.frameSize;
  }
  return batch;
}
