import type { StreamConfig } from "@nats-io/jetstream";
import { byteLength } from "../../../protocol/bytes.ts";
import { ENTRY_OVERHEAD_BYTES, type NewEntry, type Retention } from "../../log.ts";
import { entryText } from "../../shared/entry-text.ts";
import type { StreamSubjects } from "../channel-names.ts";
import { nanos } from "../nanos.ts";

/** NATS rejects an age below 100 ms, and cannot represent more than about 292 years. */
const MIN_AGE_MS = 100;
const MAX_AGE_MS = 9_000_000_000_000;
/**
 * Part of the retention's bytes that the stream may fill. NATS counts about 130 bytes per event besides its text, and
 * `entryBytes` counts more. A lower limit keeps about the same number of events.
 */
const SHARE_OF_BYTES = 0.75;

/**
 * A stream's limits, in NATS's units: the age is in ns. -1 stands for no limit of events or bytes, 0 for no limit of
 * age.
 */
export type StreamLimits = Pick<StreamConfig, "max_msgs" | "max_bytes" | "max_age">;

/**
 * Returns the limits of a stream that keeps what `retain` asks for. Each event counts its overhead, so `bytes` limits
 * `max_msgs` too.
 */
export function streamLimits(retain: Retention): StreamLimits {
  const { events, bytes, age } = retain;
  const limit = (count: number) => (count === Number.POSITIVE_INFINITY ? -1 : Math.max(1, Math.floor(count)));
  return {
    max_msgs: limit(Math.min(events, bytes / ENTRY_OVERHEAD_BYTES)),
    max_bytes: limit(storedBytes(bytes)),
    max_age: age > MAX_AGE_MS ? 0 : nanos(Math.ceil(Math.max(age, MIN_AGE_MS))),
  };
}

/** Returns the bytes, as NATS counts them, of a stream that keeps the `bytes` of a retention. */
export function storedBytes(bytes: number): number {
  return bytes * SHARE_OF_BYTES;
}

/** Bytes of a message besides its text and its subject: NATS's own, and the headers of a batch's message. */
const MESSAGE_BYTES = 200;
/** Bytes of the further headers of a message with a publisher's own ID. */
const OWN_ID_BYTES = 110;

/**
 * Returns the bytes of a retention whose stream has room for the entries of one batch. See
 * {@link ChannelLog.keptBytes}.
 */
export function keptBytes(entries: readonly NewEntry[], { event, ofId }: StreamSubjects): number {
  const time = Date.now();
  const bytes = entries.reduce((sum, entry) => {
    const text = MESSAGE_BYTES + byteLength(entryText(entry, time));
    return sum + text + (entry.id === undefined ? event.length : ofId(entry.id).length + OWN_ID_BYTES);
  }, 0);
  return bytes / SHARE_OF_BYTES;
}

/**
 * Returns the time, in ns, for which NATS recognises an event by its message ID: `ms` milliseconds, but no longer than
 * the stream keeps events (`maxAge`, in ns; 0 for no limit). NATS rejects a longer one.
 */
export function duplicateWindow(ms: number, maxAge: number): number {
  return maxAge === 0 ? nanos(ms) : Math.min(nanos(ms), maxAge);
}
