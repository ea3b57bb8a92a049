/** An event as a client dispatches it (WHATWG HTML, section 9.2.6). */
export interface ParsedEvent {
  /** The event's type; `"message"` if the stream gives none. */
  type: string;
  /** The event's data, its lines joined by LF. */
  data: string;
  /** The last event ID at this event: its own ID, or the ID of an earlier block, or `""`. */
  lastEventId: string;
}

/** The callbacks of a parser. */
export interface ParserCallbacks {
  /** Called for each event, as soon as its blank line is complete. */
  onEvent: (event: ParsedEvent) => void;
  /**
   * Called for each reconnection time, in ms. It may exceed the range of timers, and may be `Infinity`. Default: none.
   */
  onRetry?: ((ms: number) => void) | undefined;
  /** Called with the text of each comment line, without the colon and one space after it. Default: none. */
  onComment?: ((text: string) => void) | undefined;
}

/** Options of a parser: its callbacks, its starting position and its limit. */
export interface ParserOptions extends ParserCallbacks {
  /** The last event ID of the previous connection. Default: `""`, none. */
  lastEventId?: string | undefined;
  /**
   * Limit for the data of an event, and for one line of its block. Default: 16 MiB. At least 1; `Infinity`: no limit.
   * The unit is a UTF-16 code unit of decoded text: one byte of ASCII. Other text takes at least as many bytes.
   */
  maxEventBytes?: number | undefined;
}
