import { byteLength } from "./bytes.ts";
import { invalidOption } from "./check-option.ts";
import { SluiceError } from "./sluice-error.ts";
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

/** What a parser reports, and from where it goes on. An error that a callback throws comes out of `push`. */
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
   * How many bytes of UTF-8 to hold of one event at most: its data so far and the line being received. Default 16 MiB;
   * `Infinity` for no limit.
   */
  maxEventBytes?: number | undefined;
}

/** Turns the bytes of event streams into events. */
export interface Parser {
  /**
   * Takes the next piece of the stream, cut anywhere, and reports what it completes. A string is text already decoded;
   * a stream comes either as strings or as bytes.
   *
   * @throws {SluiceError} `EVENT_TOO_LARGE` when an event exceeds `maxEventBytes`. After this, as after an error thrown
   * by a callback, the parser is unusable: `push` throws the same error until `reset`.
   */
  push: (chunk: Uint8Array | string) => void;
  /** Makes ready for a new connection: forgets an incomplete block and an error, keeps `lastEventId`. */
  reset: () => void;
  /** The last event ID as of the last complete block, also one without data: what a reconnect has to send. */
  readonly lastEventId: string;
}

const DEFAULT_MAX_EVENT_BYTES = 16 * 1024 * 1024;
/** No UTF-16 code unit takes more bytes of UTF-8. */
const MAX_BYTES_PER_UNIT = 3;
const BOM = 0xfeff;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const D = 100;
const E = 101;
const I = 105;

/**
 * Creates a parser of event streams that does what the standard says (WHATWG HTML, sections 9.2.5 and 9.2.6), in time
 * linear in the input however it is cut. Its callbacks must not call `push` or `reset`.
 *
 * @example
 * const parser = createParser({ onEvent: ({ type, data }) => console.log(type, data) });
 * for await (const bytes of response.body) parser.push(bytes);
 * @throws {SluiceError} `INVALID_OPTION`
 */
export function createParser(options: ParserOptions): Parser {
  const { onEvent, onRetry, onComment, lastEventId = "", maxEventBytes = DEFAULT_MAX_EVENT_BYTES } = options;
  if (typeof onEvent !== "function") throw invalidOption("onEvent", "a function", onEvent);
  if (typeof lastEventId !== "string") throw invalidOption("lastEventId", "a string", lastEventId);
  if (!(typeof maxEventBytes === "number" && maxEventBytes > 0))
    throw invalidOption("maxEventBytes", "a number above 0", maxEventBytes);

  // `lastEventId` is a plain property: a getter would give each parser a shape of its own, and V8 slow calls to `push`.
  const parser = { push, reset, lastEventId };
  // A small integer, for V8 compares that fastest; no string is as long.
  const unitsSurelyAllowed = Math.min(Math.floor(maxEventBytes / MAX_BYTES_PER_UNIT), 2 ** 30 - 1);
  let decode = createUtf8Decoder();
  let failure: SluiceError | undefined;
  let isAtStart = true;
  let isAfterCr = false;
  // Whether the next chunk might not simply be the beginning of a block: one test on the hot path instead of five.
  let needsCare = true;

  // The block so far. `id` outlives it, and is the last event ID once a block is complete.
  let id = lastEventId;
  let type = "";
  let data = "";
  let dataLines = 0;
  // 1 when the block has an `event` or an `id`. A number, because V8 is slower at booleans here.
  let fieldsSeen = 0;

  // The line so far, when it comes in more than one chunk. The pieces are put together once, when it is complete, so no
  // character is searched or copied again for each further piece.
  let pieces: string[] = [];
  let piecesLength = 0;

  // Bytes of `data` and `pieces`, counted only once they could be too many; -1 until then.
  let dataBytes = -1;
  let piecesBytes = -1;

  function push(chunk: Uint8Array | string): void {
    const text = typeof chunk === "string" ? chunk : decode(chunk);
    const { length } = text;
    if (length === 0) return;
    let pos = 0;
    let lf = text.indexOf("\n");
    let cr = text.indexOf("\r");
    if (cr < 0) cr = length;
    let isNearLimit = length > unitsSurelyAllowed;

    if (needsCare) {
      if (failure) throw failure;
      needsCare = false;
      // [spec] One leading U+FEFF BYTE ORDER MARK character must be ignored if any are present.
      if (isAtStart ? text.charCodeAt(0) === BOM : isAfterCr && lf === 0) pos = 1;
      isAtStart = isAfterCr = false;
      isNearLimit = data.length + piecesLength + length > unitsSurelyAllowed;
      if (!isNearLimit) dataBytes = piecesBytes = -1;
      if (piecesLength > 0) {
        const end = lf < 0 ? cr : Math.min(lf, cr);
        hold(text.slice(0, end), isNearLimit);
        if (end === length) return;
        parsePieces();
        pos = skipLineEnd(text, end);
      }
      if (lf >= 0 && lf < pos) lf = text.indexOf("\n", pos);
    }

    if (cr === length && !isNearLimit) {
      // The hot path, for text without CR. It repeats `parseField` and `dispatch`, because calling them takes a sixth
      // longer on short events; and it proves each index of `charCodeAt`, because V8 inlines no other. Measured by
      // bench/parser.
      let nul = -2;
      while (lf >= 0) {
        const first = text.charCodeAt(pos);
        if (first === D && lf - pos > 4 && isData(text, pos)) {
          const value = text.slice(text.charCodeAt(pos + 5) === SPACE ? pos + 6 : pos + 5, lf);
          if (dataLines > 0) {
            data += `\n${value}`;
            dataLines++;
          } else if (lf + 1 < length && text.charCodeAt(lf + 1) === LF) {
            lf++;
            if (fieldsSeen === 0) {
              onEvent({ type: "message", data: value, lastEventId: id });
            } else {
              fieldsSeen = 0;
              parser.lastEventId = id;
              const event = { type: type || "message", data: value, lastEventId: id };
              type = "";
              onEvent(event);
            }
          } else {
            data = value;
            dataLines = 1;
            needsCare = true;
          }
        } else if (first === E && lf - pos > 5 && isEvent(text, pos)) {
          type = text.slice(text.charCodeAt(pos + 6) === SPACE ? pos + 7 : pos + 6, lf);
          fieldsSeen = 1;
        } else if (first === I && lf - pos > 2 && isId(text, pos)) {
          const value = text.slice(text.charCodeAt(pos + 3) === SPACE ? pos + 4 : pos + 3, lf);
          if (nul === -2) nul = text.indexOf("\0", pos);
          if (nul < 0 || value.indexOf("\0") < 0) id = value;
          fieldsSeen = 1;
        } else if (first === LF) {
          dispatch();
        } else {
          parseField(text, pos, lf);
        }
        pos = lf + 1;
        if (pos === length) return;
        lf = text.indexOf("\n", pos);
      }
    } else {
      if (lf < 0) lf = length;
      while (pos < length) {
        if (lf < pos) lf = find(text, "\n", pos);
        if (cr < pos) cr = find(text, "\r", pos);
        const end = Math.min(lf, cr);
        if (end === length) break;
        if (isNearLimit) checkSize(byteLength(text.slice(pos, end)));
        const next = skipLineEnd(text, end);
        if (end === pos) {
          dispatch();
          pos = next;
        } else {
          parseField(text, pos, end);
          pos = next;
          // Most often the blank line comes next; to take it here spares it two searches.
          if (pos < length && isLineEnd(text.charCodeAt(pos))) {
            dispatch();
            pos = skipLineEnd(text, pos);
          }
        }
      }
    }
    if (pos < length) hold(text.slice(pos), isNearLimit);
  }

  /** The position after the line end at `end`: LF, CRLF, or CR, which ends its line before one knows whether LF follows. */
  function skipLineEnd(text: string, end: number): number {
    const next = end + 1;
    if (text.charCodeAt(end) === LF) return next;
    if (next < text.length) return text.charCodeAt(next) === LF ? next + 1 : next;
    isAfterCr = needsCare = true;
    return next;
  }

  function hold(piece: string, isNearLimit: boolean): void {
    pieces.push(piece);
    piecesLength += piece.length;
    needsCare = true;
    if (!isNearLimit) return;
    if (piecesBytes < 0) piecesBytes = pieces.reduce((bytes, earlier) => bytes + byteLength(earlier), 0);
    else piecesBytes += byteLength(piece);
    checkSize(piecesBytes);
  }

  function parsePieces(): void {
    const first = pieces[0]!;
    if (first.length > 5 && first.charCodeAt(0) === D && isData(first, 0)) {
      pieces[0] = valueOf(first, 5, first.length);
      addData(concat(pieces, piecesLength));
    } else {
      parseField(pieces.join(""), 0, piecesLength);
    }
    dropPieces();
  }

  function dropPieces(): void {
    pieces = [];
    piecesLength = 0;
    piecesBytes = -1;
  }

  /** Throws when the event would be too large with a line of so many bytes. */
  function checkSize(lineBytes: number): void {
    needsCare = true;
    if (dataBytes < 0) dataBytes = byteLength(data);
    if (dataBytes + lineBytes <= maxEventBytes) return;
    const message = `Expected an event of at most ${maxEventBytes} bytes, got more. Raise maxEventBytes, or reset().`;
    failure = new SluiceError("EVENT_TOO_LARGE", message);
    throw failure;
  }

  function parseField(text: string, pos: number, end: number): void {
    const first = text.charCodeAt(pos);
    if (first === D && end - pos > 4 && isData(text, pos)) {
      addData(valueOf(text, pos + 5, end));
    } else if (first === E && end - pos > 5 && isEvent(text, pos)) {
      setType(valueOf(text, pos + 6, end));
    } else if (first === I && end - pos > 2 && isId(text, pos)) {
      setId(valueOf(text, pos + 3, end));
    } else {
      parseRareField(text.slice(pos, end));
    }
  }

  /** A comment, a `retry`, a field without a colon, one that there is not. */
  function parseRareField(line: string): void {
    const colon = find(line, ":", 0);
    const value = valueOf(line, colon + 1, line.length);
    switch (line.slice(0, colon)) {
      case "":
        return onComment?.(value);
      case "retry":
        // [spec] If the field value consists of only ASCII digits, interpret it as an integer in base ten.
        if (/^[0-9]+$/.test(value)) onRetry?.(Number(value));
        return;
      case "data":
        return addData(value);
      case "event":
        return setType(value);
      case "id":
        return setId(value);
    }
  }

  function setType(value: string): void {
    type = value;
    fieldsSeen = 1;
  }

  function setId(value: string): void {
    // [spec] If the field value does not contain U+0000 NULL, set the last event ID buffer to the field value.
    if (value.indexOf("\0") < 0) id = value;
    fieldsSeen = 1;
  }

  function addData(value: string): void {
    data = dataLines++ === 0 ? value : `${data}\n${value}`;
    needsCare = true;
    if (dataBytes >= 0) dataBytes += byteLength(value) + 1;
  }

  function dispatch(): void {
    // [spec] Set the last event ID string of the event source to the value of the last event ID buffer.
    parser.lastEventId = id;
    const event = { type: type || "message", data, lastEventId: id };
    const isEvent = dataLines > 0;
    type = data = "";
    dataLines = fieldsSeen = 0;
    dataBytes = -1;
    // [spec] If the data buffer is an empty string, set the event type buffer to the empty string and return.
    if (isEvent) onEvent(event);
  }

  function reset(): void {
    decode = createUtf8Decoder();
    failure = undefined;
    isAtStart = needsCare = true;
    isAfterCr = false;
    dataLines = fieldsSeen = 0;
    id = parser.lastEventId;
    type = data = "";
    dataBytes = -1;
    dropPieces();
  }

  return parser;
}

/** Where `character` is at or after `from`; the length of the text if nowhere. */
function find(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index < 0 ? text.length : index;
}

/** [spec] If value starts with a U+0020 SPACE character, remove it from value. */
function valueOf(text: string, start: number, end: number): string {
  return text.slice(start < end && text.charCodeAt(start) === SPACE ? start + 1 : start, end);
}

/** Whether what begins with `d` here, and goes on for four characters at least, begins with `data:`. */
function isData(text: string, pos: number): boolean {
  return (
    text.charCodeAt(pos + 1) === 97 &&
    text.charCodeAt(pos + 2) === 116 &&
    text.charCodeAt(pos + 3) === 97 &&
    text.charCodeAt(pos + 4) === COLON
  );
}

function isEvent(text: string, pos: number): boolean {
  return (
    text.charCodeAt(pos + 1) === 118 &&
    text.charCodeAt(pos + 2) === E &&
    text.charCodeAt(pos + 3) === 110 &&
    text.charCodeAt(pos + 4) === 116 &&
    text.charCodeAt(pos + 5) === COLON
  );
}

function isId(text: string, pos: number): boolean {
  return text.charCodeAt(pos + 1) === D && text.charCodeAt(pos + 2) === COLON;
}

function isLineEnd(code: number): boolean {
  return code === LF || code === CR;
}

/** Below this mean length, pieces cost less memory joined than as the nodes of a rope, 32 bytes each in V8. */
const ROPE_PIECE_LENGTH = 256;

/** All pieces as one string: V8 copies them when somebody first reads it, which not every event's data is. */
function concat(pieces: string[], length: number): string {
  if (length < pieces.length * ROPE_PIECE_LENGTH) return pieces.join("");
  let text = "";
  for (const piece of pieces) text += piece;
  return text;
}
