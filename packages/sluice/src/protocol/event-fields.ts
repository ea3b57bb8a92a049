import { encodeEvent } from "./encode-event.ts";

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

/**
 * Throws what `encodeEvent` would throw: to refuse bad fields at the edge, before there is an event to encode.
 *
 * @throws {SluiceError} `INVALID_FIELD`, `INVALID_DATA`
 */
export function checkFields(fields: EventFields): void {
  encodeEvent(fields);
}
