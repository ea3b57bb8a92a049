import { SluiceError } from "../base/sluice-error.ts";
import type { EventFields } from "./event-fields.ts";

const LINE_END = /\r\n|[\r\n]/g;
// `\p{Surrogate}` under the u flag is a lone one; it would come back as U+FFFD and match neither log nor listener.
const UNSAFE = /[\r\n\0\p{Surrogate}]/u;
const SAFE_TEXT = "text without CR, LF, NUL or lone surrogates";

/**
 * Encodes one block of an event stream, its blank line included (WHATWG HTML, section 9.2.5).
 *
 * What goes in comes back from a parser as it went in, save that line ends in `data` become LF and lone surrogates in
 * it U+FFFD; anything else that could not is refused. So no field can inject another. A block without `data` is sound
 * too: `{ id }` moves the client's last event ID, `{ retry }` its reconnection time, `{ comment }` nothing.
 *
 * @example encodeEvent({ id: "7", event: "placed", data: "{}" }) // "event: placed\nid: 7\ndata: {}\n\n"
 * @throws {SluiceError} `INVALID_FIELD` for `event`, `id`, `retry` and `comment`; `INVALID_DATA` for data that is not
 * text, and when there is nothing to send: neither data, nor an id, nor a retry, nor a comment.
 */
export function encodeEvent({ data, event, id, retry, comment }: EventFields): string {
  let block = "";
  if (comment !== undefined) block = encodeField("", comment, typeof comment === "string", "text");
  if (event !== undefined) block += encodeField("event", event, isSafe(event), SAFE_TEXT);
  if (id !== undefined) block += encodeField("id", id, isSafe(id), SAFE_TEXT);
  if (retry !== undefined)
    block += encodeField("retry", retry, Number.isSafeInteger(retry) && retry >= 0, "whole ms >= 0");
  // An event type alone is refused: every client would drop it without a word.
  if (data !== undefined || (id ?? retry ?? comment) === undefined)
    block += encodeField("data", data, typeof data === "string", "text");
  return `${block}\n`;
}

function encodeField(name: string, value: string | number | undefined, isValid: boolean, expected: string): string {
  if (!isValid) {
    // Cut and escaped, so that the message itself can inject nothing into a log.
    const got =
      typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : typeof value === "number" ? value : typeof value;
    const code = name === "data" ? "INVALID_DATA" : "INVALID_FIELD";
    throw new SluiceError(code, `${name || "comment"}: expected ${expected}, got ${got}`);
  }
  if (value === "") return `${name}:\n`;
  // Two searches for one character are memchr; a regular expression would look at every character of a long line.
  if (typeof value === "string" && (value.indexOf("\n") >= 0 || value.indexOf("\r") >= 0))
    value = value.replace(LINE_END, `\n${name}: `);
  return `${name}: ${value}\n`;
}

function isSafe(value: unknown): boolean {
  return typeof value === "string" && !UNSAFE.test(value);
}
