import type { StreamConfig } from "@nats-io/jetstream";
import { ENTRY_OVERHEAD_BYTES, type Retention } from "../log.ts";

/** Longest part of a stream's name that is a channel's; NATS allows 255 bytes, which are also a folder's name on its disk. */
const MAX_TOKEN_LENGTH = 160;
const NANOS_PER_MS = 1_000_000;
/** What NATS takes as an age, in ms: it refuses less, and has no number for more than about 292 years. */
const MIN_AGE_MS = 100;
const MAX_AGE_MS = 9_000_000_000_000;
/** NATS counts about 130 bytes for an event besides its text, we count more: with less to fill it keeps what we mean. */
const SHARE_OF_BYTES = 0.75;

/** Where a channel is kept in NATS. */
export interface Place {
  /** The stream. */
  readonly stream: string;
  /** Subject of the events without an ID of their publisher's. */
  readonly subject: string;
  /** All subjects of the stream. */
  readonly subjects: string;
  /** Stands in subjects for the channel. */
  readonly token: string;
  /** Subject of the event with this ID of its publisher's. */
  subjectOf(id: string): string;
}

export async function placeOf(prefix: string, channel: string): Promise<Place> {
  const token = await tokenOf(channel);
  return {
    stream: `${prefix}_${token}`,
    subject: `${prefix}.${token}.e`,
    subjects: `${prefix}.${token}.>`,
    token,
    subjectOf: (id) => `${prefix}.${token}.i.${base64url(id)}`,
  };
}

/** Where the lives of all channels are kept. No channel has this token: `_` is always followed by two hexadecimal digits there. */
export function livesPlace(prefix: string): { readonly stream: string; subjectOf(token: string): string } {
  return { stream: `${prefix}__lives`, subjectOf: (token) => `${prefix}._lives.${token}` };
}

/**
 * A channel's name as a part of subjects, stream and folder names: lowercase letters, digits and `-` as they are, any other byte of its
 * UTF-8 as `_` and two hexadecimal digits. Capitals too, since folders may not tell them apart. What is too long ends in its SHA-256.
 */
async function tokenOf(channel: string): Promise<string> {
  const bytes = new TextEncoder().encode(channel);
  let token = "";
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    token += /[a-z0-9-]/.test(char) ? char : `_${hex(byte)}`;
  }
  if (token.length <= MAX_TOKEN_LENGTH) return token;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `${token.slice(0, MAX_TOKEN_LENGTH - 2 * hash.length - 2)}_h${Array.from(hash, hex).join("")}`;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}

/** The limits of a stream that keeps what `retain` says. An event counts at least its overhead, so bytes limit their number too. */
export function streamLimits(retain: Retention): Pick<StreamConfig, "max_msgs" | "max_bytes" | "max_age"> {
  const { events, bytes, age } = retain;
  const limit = (count: number) => (count === Number.POSITIVE_INFINITY ? -1 : Math.max(1, Math.floor(count)));
  return {
    max_msgs: limit(Math.min(events, bytes / ENTRY_OVERHEAD_BYTES)),
    max_bytes: limit(bytes * SHARE_OF_BYTES),
    max_age: age > MAX_AGE_MS ? 0 : Math.ceil(Math.max(age, MIN_AGE_MS)) * NANOS_PER_MS,
  };
}

/** The window in which NATS knows an event again, at most so many ms, and not longer than it keeps events. */
export function duplicateWindow(ms: number, maxAge: number): number {
  return maxAge === 0 ? ms * NANOS_PER_MS : Math.min(ms * NANOS_PER_MS, maxAge);
}

export function nanos(ms: number): number {
  return ms * NANOS_PER_MS;
}
