import { SluiceError } from "./sluice-error.ts";

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
  /** The event's type. `""` and absence mean `"message"`. No CR, LF or lone surrogate. */
  event?: string | undefined;
  /** The event ID, from here on the client's last event ID; `""` clears it. No CR, LF, NUL or lone surrogate. */
  id?: string | undefined;
  /** The reconnection time: a whole number of milliseconds, 0 or more, at most `Number.MAX_SAFE_INTEGER`. */
  retry?: number | undefined;
  /** Text that clients ignore; one comment line for each of its lines. `""` is a bare colon. */
  comment?: string | undefined;
}

// `\p{Surrogate}` under the u flag is a lone one; it would come back as U+FFFD and match neither log nor listener.
const UNSAFE_IN_ID = /[\r\n\0\p{Surrogate}]/u;
const UNSAFE_IN_EVENT = /[\r\n\p{Surrogate}]/u;

/**
 * Throws unless `fields` can be encoded so that they come back as they went in. `encodeEvent` calls it; call it
 * yourself to refuse bad fields at the edge, before there is an event to encode.
 *
 * @throws {SluiceError} `INVALID_FIELD` for `event`, `id`, `retry` and `comment`; `INVALID_DATA` for data that is not
 * text, and when there is nothing to send: neither data, nor an id, nor a retry, nor a comment.
 */
export function checkFields({ data, event, id, retry, comment }: EventFields): void {
  if (event !== undefined && (typeof event !== "string" || UNSAFE_IN_EVENT.test(event)))
    throw invalidField("event", "text without CR, LF or lone surrogates", event);
  if (id !== undefined && (typeof id !== "string" || UNSAFE_IN_ID.test(id)))
    throw invalidField("id", "text without CR, LF, NUL or lone surrogates", id);
  if (retry !== undefined && !(Number.isSafeInteger(retry) && retry >= 0))
    throw invalidField("retry", "a whole number of ms, 0 or more", retry);
  if (comment !== undefined && typeof comment !== "string") throw invalidField("comment", "text", comment);
  if (data === undefined) {
    // An event type alone would be dropped by every client without a word.
    if (id === undefined && retry === undefined && comment === undefined)
      throw new SluiceError(
        "INVALID_DATA",
        'Expected data, an id, a retry or a comment; got none. Pass data: "" for empty data.',
      );
  } else if (typeof data !== "string") {
    throw new SluiceError("INVALID_DATA", `data: expected text, got ${shown(data)}. Use JSON.stringify for values.`);
  }
}

function invalidField(name: string, expected: string, value: unknown): SluiceError {
  return new SluiceError("INVALID_FIELD", `${name}: expected ${expected}, got ${shown(value)}. Encode or drop it.`);
}

/** The value for a message: escaped and cut, so that the message itself can inject nothing into a log line. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return typeof value === "number" || value === null ? String(value) : `a value of type ${typeof value}`;
}
