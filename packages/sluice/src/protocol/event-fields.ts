import { SluiceError, type SluiceErrorCode } from "./sluice-error.ts";

/**
 * What one block of an event stream can say (WHATWG HTML, section 9.2.5). All fields are text that is already text:
 * turning a value into JSON is not the protocol's work.
 */
export interface EventFields {
  /**
   * The event's data; `""` is an event with empty data. Line ends of any kind (CR, LF, CRLF) arrive as LF. A lone
   * surrogate arrives as U+FFFD, because UTF-8 has no bytes for it. Without data a client dispatches no event.
   */
  data?: string | undefined;
  /** The event's type. `""` and absence mean `"message"`. No CR, LF, NUL (Firefox drops it) or lone surrogate. */
  event?: string | undefined;
  /** The event ID, from here on the client's last event ID; `""` clears it. No CR, LF, NUL or lone surrogate. */
  id?: string | undefined;
  /** The reconnection time: a whole number of milliseconds, 0 or more, at most `Number.MAX_SAFE_INTEGER`. */
  retry?: number | undefined;
  /** Text that clients ignore; one comment line for each of its lines. `""` is a bare colon. */
  comment?: string | undefined;
}

// `\p{Surrogate}` under the u flag is a lone one; it would come back as U+FFFD and match neither log nor listener.
const UNSAFE = /[\r\n\0\p{Surrogate}]/u;
const SAFE_TEXT = "text without CR, LF, NUL or lone surrogates";

/**
 * Throws unless `fields` can be encoded so that they come back as they went in. `encodeEvent` calls it; call it
 * yourself to refuse bad fields at the edge, before there is an event to encode.
 *
 * @throws {SluiceError} `INVALID_FIELD` for `event`, `id`, `retry` and `comment`; `INVALID_DATA` for data that is not
 * text, and when there is nothing to send: neither data, nor an id, nor a retry, nor a comment.
 */
export function checkFields({ data, event, id, retry, comment }: EventFields): void {
  if (isUnsafe(event)) refuse("event", SAFE_TEXT, event);
  if (isUnsafe(id)) refuse("id", SAFE_TEXT, id);
  if (retry !== undefined && !(Number.isSafeInteger(retry) && retry >= 0)) refuse("retry", "whole ms from 0 on", retry);
  if (comment !== undefined && typeof comment !== "string") refuse("comment", "text", comment);
  // An event type alone would be dropped by every client without a word.
  if (typeof data !== "string" && (data !== undefined || (id ?? retry ?? comment) === undefined))
    refuse("data", "text, as of JSON.stringify", data, "INVALID_DATA");
}

function isUnsafe(value: unknown): boolean {
  return value !== undefined && (typeof value !== "string" || UNSAFE.test(value));
}

function refuse(name: string, expected: string, value: unknown, code: SluiceErrorCode = "INVALID_FIELD"): never {
  // Cut and escaped, so that the message itself can inject nothing into a log.
  const got = typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : `${typeof value} ${value}`;
  throw new SluiceError(code, `${name}: expected ${expected}, got ${got}`);
}
