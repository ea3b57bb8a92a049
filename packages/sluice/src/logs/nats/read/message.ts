import type { StoredMsg } from "@nats-io/jetstream";
import type { LogEntry } from "../../log.ts";
import { parseEntry } from "../../shared/entry-text.ts";
import type { ReadEntry } from "../batch/batch-assembler.ts";
import { partOf } from "../batch/batch-part.ts";
import type { WithHeaders } from "../message-id.ts";

/** A message of a stream, however it arrived. */
export interface StreamMessage extends WithHeaders {
  readonly subject: string;
  readonly data: Uint8Array;
  string(): string;
  /** Has the numbers of a message that a consumer delivered: see {@link deliveryNumbers}. */
  readonly reply?: string | undefined;
  /** When the server stored the message, in ms since 1970, if that is known otherwise. */
  readonly storedAt?: number;
}

/** The numbers that JetStream gives a message it delivers. */
export interface DeliveryNumbers {
  /** Number of the message in its stream. */
  readonly sequence: number;
  /** Number of the message among those that its consumer delivered. */
  readonly delivered: number;
  /** Time at which the server stored the message, in ms since 1970. */
  readonly time: number;
  /** Number of messages that follow it in the stream. */
  readonly pending: number;
}

const NANOS_PER_MS = 1_000_000;

/**
 * Parses the numbers from a message's reply subject (its acknowledgement subject). Returns `undefined` if it is not
 * from a stream.
 */
export function deliveryNumbers(reply: string | undefined): DeliveryNumbers | undefined {
  const tokens = reply?.split(".");
  if (tokens?.[0] !== "$JS" || tokens[1] !== "ACK" || tokens.length < 9) return undefined;
  // $JS.ACK.<stream>.<consumer>.<count>.<sequence>.<delivered>.<time>.<pending>, or with a domain and an account before
  // the stream
  const at = tokens.length === 9 ? 5 : 7;
  return {
    sequence: Number(tokens[at]),
    delivered: Number(tokens[at + 1]),
    time: Math.floor(Number(tokens[at + 2]) / NANOS_PER_MS),
    pending: Number(tokens[at + 3]),
  };
}

/** Returns a message that the server found by its number. */
export function storedMessage({ subject, data, header, time }: StoredMsg): StreamMessage {
  return { subject, data, headers: header, storedAt: time.getTime(), string: () => new TextDecoder().decode(data) };
}

/** Returns the entry in a message, and the part that the message is of its batch. */
export function readEntry(offset: number, message: StreamMessage): ReadEntry {
  return { entry: entryOf(offset, message), part: partOf(message) };
}

/**
 * Returns the entry in a message. A foreign program's message on the channel's subject becomes an event too, since it
 * has an offset.
 */
export function entryOf(offset: number, message: Omit<StreamMessage, "data" | "subject">): LogEntry {
  const text = message.string();
  try {
    const entry = parseEntry(offset, text);
    if (typeof entry.type === "string" && typeof entry.time === "number") return entry;
  } catch {
    // The text is not an entry's.
  }
  return { offset, time: storedAt(message), type: "", data: text, json: false };
}

/** Returns when the server stored a message. nats-server 2.9 republishes messages without their time. */
function storedAt({ storedAt, reply, headers }: Omit<StreamMessage, "data" | "subject">): number {
  const time = storedAt ?? deliveryNumbers(reply)?.time ?? Date.parse(headers?.get("Nats-Time-Stamp") ?? "");
  return Number.isNaN(time) ? Date.now() : time;
}
