/**
 * The fields of one block of an event stream (WHATWG HTML, section 9.2.5). `data` is text: the caller converts other
 * values, for example to JSON.
 */
export interface EventFields {
  /**
   * The event's data. `""` is an event with empty data; without `data` a client dispatches no event. Line ends (CR, LF,
   * CRLF) arrive as LF. A lone surrogate arrives as U+FFFD, because UTF-8 has no bytes for it.
   */
  data?: string | undefined;
  /** The event's type. Default: `"message"`, also for `""`. No CR, LF, NUL (Firefox drops it) or lone surrogate. */
  event?: string | undefined;
  /** The event ID, which becomes the client's last event ID. `""` clears it. No CR, LF, NUL or lone surrogate. */
  id?: string | undefined;
  /** The reconnection time in ms: a whole number from 0 to `Number.MAX_SAFE_INTEGER`. */
  retry?: number | undefined;
  /** Text that clients ignore. Each of its lines becomes a comment line; `""` becomes a bare colon. */
  comment?: string | undefined;
}
