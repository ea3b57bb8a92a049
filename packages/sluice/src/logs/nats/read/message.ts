import type { LogEntry } from "../../log.ts";
import { parseEntry } from "../../shared/entry-text.ts";
import type { NatsMessage } from "../connection/nats-link.ts";

/** Where a message stands in its stream and among those that its consumer brought, and how many come after it. */
export interface MessagePlace {
  readonly sequence: number;
  readonly delivered: number;
  readonly pending: number;
}

/** Reads the place from the subject that a message would be acknowledged to; `undefined` where it is no stream's. */
export function placeOfMessage(reply: string | undefined): MessagePlace | undefined {
  const tokens = reply?.split(".");
  if (tokens?.[0] !== "$JS" || tokens[1] !== "ACK" || tokens.length < 9) return undefined;
  // $JS.ACK.<stream>.<consumer>.<count>.<sequence>.<delivered>.<time>.<pending>, or with a domain and an account before the stream
  const at = tokens.length === 9 ? 5 : 7;
  return { sequence: Number(tokens[at]), delivered: Number(tokens[at + 1]), pending: Number(tokens[at + 3]) };
}

/** The entry in a message. What somebody else wrote to the channel's subject is an event too: it has an offset. */
export function entryOf(offset: number, message: NatsMessage): LogEntry {
  const text = message.string();
  try {
    const entry = parseEntry(offset, text);
    if (typeof entry.type === "string" && typeof entry.time === "number") return entry;
  } catch {
    // It is no entry's text.
  }
  return { offset, time: Date.now(), type: "", data: text, json: false };
}
