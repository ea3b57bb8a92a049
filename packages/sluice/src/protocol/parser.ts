import { SluiceError } from "../base/sluice-error.ts";
import { createUtf8Decoder } from "./utf8-decoder.ts";

/** An event as a client dispatches it (WHATWG HTML, section 9.2.6). */
export interface ParsedEvent {
  /** The event's type; `"message"` when the stream names none. */
  type: string;
  /** The event's data, its lines joined by LF. */
  data: string;
  /** The last event ID as of this event: its own, or that of an earlier block; `""` when there was none. */
  lastEventId: string;
}

/** What a parser reports, and from where it goes on. */
export interface ParserOptions {
  /** Hears each event as soon as its blank line is complete. */
  onEvent: (event: ParsedEvent) => void;
  /** Hears each reconnection time, in ms. It may be more than a timer takes, even `Infinity`. */
  onRetry?: ((ms: number) => void) | undefined;
  /** Hears the text of each comment line, without the colon and one space after it. */
  onComment?: ((text: string) => void) | undefined;
  /** The last event ID of the connection before this one. Default `""`: there was none. */
  lastEventId?: string | undefined;
  /**
   * The largest event: neither its data nor one line of its block may be longer. Default 16 MiB; at least 1; `Infinity`
   * for no limit. Counted once decoded, in UTF-16 code units: of ASCII that is bytes, and of other text no event of up
   * to so many bytes is ever refused.
   */
  maxEventBytes?: number | undefined;
}

/** Turns the bytes of event streams into events. */
export interface Parser {
  /**
   * Takes the next piece of the stream, cut anywhere, and reports what it completes. A string is text already decoded;
   * a stream comes either as strings or as bytes.
   *
   * @throws {SluiceError} `EVENT_TOO_LARGE` when an event exceeds `maxEventBytes`. The parser is then unusable: each
   * `push` throws this until `reset`. An error that a callback throws comes out of here too; `reset` then as well,
   * because the rest of the chunk was not read.
   */
  push: (chunk: Uint8Array | string) => void;
  /** Makes ready for a new connection: forgets an incomplete block, and any failure; keeps `lastEventId`. */
  reset: () => void;
  /** The last event ID as of the last complete block, also one without data: what a reconnect has to send. */
  readonly lastEventId: string;
}

const DEFAULT_MAX_EVENT_BYTES = 16 * 1024 * 1024;
const BOM = 0xfeff;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;

/**
 * Creates a parser of event streams that does what the standard says (WHATWG HTML, sections 9.2.5 and 9.2.6), in time
 * linear in the input however it is cut. Its callbacks must not call `push` or `reset`.
 *
 * @example
 * const parser = createParser({ onEvent: ({ type, data }) => console.log(type, data) });
 * for await (const bytes of response.body) parser.push(bytes);
 * @throws {SluiceError} `INVALID_OPTION`
 */
export function createParser({
  onEvent,
  onRetry,
  onComment,
  lastEventId = "",
  maxEventBytes = DEFAULT_MAX_EVENT_BYTES,
}: ParserOptions): Parser {
  const isValid = typeof onEvent === "function" && typeof lastEventId === "string" && typeof maxEventBytes === "number";
  if (!isValid || !(maxEventBytes >= 1))
    throw new SluiceError("INVALID_OPTION", "Expected onEvent: function, lastEventId: text, maxEventBytes >= 1");

  // `lastEventId` is a plain property: a getter would give each parser a shape of its own, and V8 slow calls to `push`.
  const parser = { lastEventId, push, reset };
  let decode: (bytes: Uint8Array) => string;
  // The code of a character that is to be ignored if the next chunk begins with it, or -1.
  let ignored: number;

  // The block so far. `id` outlives it, and is the last event ID once a block is complete.
  let id: string;
  let type: string;
  let data: string | undefined;
  // 1 when it has neither `event` nor `id`, 0 when it may; a number, because V8 is slower at booleans here.
  let isPlain: number;

  // The line so far, when it comes in more than one chunk. The pieces are put together once, when it is complete, so no
  // character is searched or copied again for each further piece.
  let pieces: string[];
  let piecesLength: number;

  function push(chunk: Uint8Array | string): void {
    const text = typeof chunk === "string" ? chunk : decode(chunk);
    const { length } = text;
    if (length === 0) return;
    // Cut so that what is complete within one chunk cannot be too large.
    if (length > maxEventBytes) {
      for (let start = 0; start < length; start += maxEventBytes) push(text.slice(start, start + maxEventBytes));
      return;
    }
    let pos = text.charCodeAt(0) === ignored ? 1 : 0;
    ignored = -1;
    let lf = find(text, "\n", pos);
    let cr = find(text, "\r", pos);
    if (piecesLength > 0) {
      const end = Math.min(lf, cr);
      hold(text.slice(0, end));
      if (end === length) return;
      const line = pieces.join("");
      pieces = [];
      piecesLength = 0;
      parseLine(line);
      pos = skipLineEnd(text, end);
      if (lf < pos) lf = find(text, "\n", pos);
      if (cr < pos) cr = find(text, "\r", pos);
    }

    // The hot path. It repeats what `parseLine` does for `data`, `event`, `id` and for a blank line after one line of
    // data, because short events take a tenth longer if it calls that. Each index of `charCodeAt` is within the text,
    // thanks to the line's end, because V8 gives up on inlining one that was not. Measured by bench/parser.
    let nul: number | undefined;
    while (pos < length) {
      let end = lf;
      let next = lf + 1;
      if (cr < lf) {
        end = cr;
        next = skipLineEnd(text, cr);
      } else if (lf === length) return hold(text.slice(pos));
      const first = text.charCodeAt(pos);
      if (
        first === 100 &&
        text.charCodeAt(pos + 1) === 97 &&
        text.charCodeAt(pos + 2) === 116 &&
        text.charCodeAt(pos + 3) === 97 &&
        text.charCodeAt(pos + 4) === COLON
      ) {
        const value = text.slice(text.charCodeAt(pos + 5) === SPACE ? pos + 6 : pos + 5, end);
        const following = next < length ? text.charCodeAt(next) : 0;
        if (data === undefined && (following === LF || following === CR)) {
          next = following === LF ? next + 1 : skipLineEnd(text, next);
          if (isPlain === 1) {
            onEvent({ type: "message", data: value, lastEventId: id });
          } else {
            isPlain = 1;
            parser.lastEventId = id;
            const event = { type: type || "message", data: value, lastEventId: id };
            type = "";
            onEvent(event);
          }
        } else {
          addData(value);
        }
      } else if (
        first === 101 &&
        text.charCodeAt(pos + 1) === 118 &&
        text.charCodeAt(pos + 2) === 101 &&
        text.charCodeAt(pos + 3) === 110 &&
        text.charCodeAt(pos + 4) === 116 &&
        text.charCodeAt(pos + 5) === COLON
      ) {
        isPlain = 0;
        type = text.slice(text.charCodeAt(pos + 6) === SPACE ? pos + 7 : pos + 6, end);
      } else if (first === 105 && text.charCodeAt(pos + 1) === 100 && text.charCodeAt(pos + 2) === COLON) {
        const value = text.slice(text.charCodeAt(pos + 3) === SPACE ? pos + 4 : pos + 3, end);
        nul ??= text.indexOf("\0", pos);
        isPlain = 0;
        if (nul < 0 || value.indexOf("\0") < 0) id = value;
      } else {
        parseLine(text.slice(pos, end));
      }
      pos = next;
      if (pos === length) return;
      if (lf < pos) lf = find(text, "\n", pos);
      if (cr < pos) cr = find(text, "\r", pos);
    }
  }

  /** The position after the line end at `end`: LF, CRLF or CR, which ends its line before one knows if LF follows. */
  function skipLineEnd(text: string, end: number): number {
    const next = end + 1;
    if (text.charCodeAt(end) === LF) return next;
    if (next < text.length) return text.charCodeAt(next) === LF ? next + 1 : next;
    ignored = LF;
    return next;
  }

  function hold(piece: string): void {
    pieces.push(piece);
    checkSize((piecesLength += piece.length));
  }

  function checkSize(length: number): void {
    if (length <= maxEventBytes) return;
    // Every further push fails here.
    piecesLength = Infinity;
    throw new SluiceError("EVENT_TOO_LARGE", `Event larger than maxEventBytes: ${maxEventBytes}; reset() to go on`);
  }

  function parseLine(line: string): void {
    isPlain = 0;
    if (line === "") {
      // [spec] Set the last event ID string of the event source to the value of the last event ID buffer.
      parser.lastEventId = id;
      const event = { type: type || "message", data: data!, lastEventId: id };
      type = "";
      data = undefined;
      // [spec] If the data buffer is an empty string, set the event type buffer to the empty string and return.
      if (event.data !== undefined) onEvent(event);
      return;
    }
    const colon = find(line, ":", 0);
    // [spec] If value starts with a U+0020 SPACE character, remove it from value.
    const value = line.slice(line.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1);
    switch (line.slice(0, colon)) {
      case "data":
        return addData(value);
      case "id":
        // [spec] If the field value does not contain U+0000 NULL, set the last event ID buffer to the field value.
        if (value.indexOf("\0") < 0) id = value;
        return;
      case "event":
        type = value;
        return;
      case "retry":
        // [spec] If the field value consists of only ASCII digits, interpret it as an integer in base ten.
        if (/^\d+$/.test(value)) onRetry?.(Number(value));
        return;
      case "":
        onComment?.(value);
    }
  }

  function addData(value: string): void {
    if (data === undefined) data = value;
    else data += `\n${value}`;
    checkSize(data.length);
  }

  function reset(): void {
    decode = createUtf8Decoder();
    // [spec] One leading U+FEFF BYTE ORDER MARK character must be ignored if any are present.
    ignored = BOM;
    id = parser.lastEventId;
    type = "";
    data = undefined;
    isPlain = 0;
    pieces = [];
    piecesLength = 0;
  }

  reset();
  return parser;
}

/** Where `character` is at or after `from`; the length of the text if nowhere. */
function find(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index < 0 ? text.length : index;
}
