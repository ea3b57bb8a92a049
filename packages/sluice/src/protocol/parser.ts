import { toBytes } from "./bytes.ts";
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

/** What a parser reports, and where it begins. An error thrown by a callback comes out of `push`. */
export interface ParserOptions {
  /** Hears each event as soon as its blank line is complete. */
  onEvent(event: ParsedEvent): void;
  /** Hears each reconnection time in ms. It may be larger than a timer takes, `Infinity` included. */
  onRetry?: ((ms: number) => void) | undefined;
  /** Hears the text of each comment line, without its colon and one space after that. */
  onComment?: ((text: string) => void) | undefined;
  /** The last event ID of the connection before this one; default `""`. */
  lastEventId?: string | undefined;
  /**
   * How many bytes of one event to hold at most: its data so far, and the line being received with its field name, as
   * UTF-8. Default 16 MiB; `Infinity` for no limit.
   */
  maxEventBytes?: number | undefined;
}

/** Turns the bytes of event streams into events. */
export interface Parser {
  /**
   * Takes the next piece of the stream, cut anywhere, and reports what it completes. Text (without mixing it with
   * bytes) is taken as already decoded.
   *
   * @throws {SluiceError} `EVENT_TOO_LARGE` when an event exceeds `maxEventBytes`. After this, or an error thrown by a
   * callback, the parser is unusable: `push` throws the same error until `reset`.
   */
  push(chunk: Uint8Array | string): void;
  /** Makes ready for a new connection: forgets an incomplete block and any error, keeps `lastEventId`. */
  reset(): void;
  /** The last event ID as of the last complete block, one without data included: what a reconnect sends. */
  readonly lastEventId: string;
}

const DEFAULT_MAX_EVENT_BYTES = 16 * 1024 * 1024;
// One UTF-16 code unit is at most three bytes of UTF-8.
const MAX_BYTES_PER_UNIT = 3;
const BOM = 0xfeff;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;

/**
 * Creates a parser of event streams that does exactly what the standard says (WHATWG HTML, sections 9.2.5 and 9.2.6), in time
 * linear in the input however it is cut. Callbacks must not call `push` or `reset`.
 *
 * @example
 * const parser = createParser({ onEvent: ({ type, data }) => console.log(type, data) });
 * for await (const bytes of response.body) parser.push(bytes);
 * @throws {SluiceError} `INVALID_OPTION`
 */
export function createParser(options: ParserOptions): Parser {
  const { onEvent, onRetry, onComment, lastEventId = "", maxEventBytes = DEFAULT_MAX_EVENT_BYTES } = options;
  if (typeof onEvent !== "function") throw invalidOption("onEvent", "a function", onEvent);
  if (typeof lastEventId !== "string") throw invalidOption("lastEventId", "text", lastEventId);
  if (!(maxEventBytes > 0)) throw invalidOption("maxEventBytes", "a number above 0", maxEventBytes);

  const parser: { -readonly [Name in keyof Parser]: Parser[Name] } = { push, reset, lastEventId };
  const unitsSurelyAllowed = maxEventBytes / MAX_BYTES_PER_UNIT;
  let decode = createUtf8Decoder();
  let failure: { error: unknown } | undefined;
  let isAtStart = true;
  let isAfterCr = false;
  // Whether anything above or below keeps the next chunk from being taken as the beginning of a block.
  let needsCare = true;

  // The block: its fields so far. `id` outlives it, and is the last event ID once a block is complete.
  let id = lastEventId;
  let type = "";
  let data = "";
  let dataLines = 0;

  // The line: its pieces, when it came in more than one chunk. They are joined once, when it is complete; so no
  // character is searched or copied once more for each further piece.
  let pieces: string[] = [];
  let piecesLength = 0;

  // Bytes of `data` and `pieces`, counted only when they could be too many; -1 while not.
  let dataBytes = -1;
  let piecesBytes = -1;

  function push(chunk: Uint8Array | string): void {
    try {
      const text = typeof chunk === "string" ? chunk : decode(chunk);
      const { length } = text;
      if (length === 0) return;
      let pos = 0;
      let lf = text.indexOf("\n");
      let cr = text.indexOf("\r");
      if (cr < 0) cr = length;
      let isNearLimit = length > unitsSurelyAllowed;

      if (needsCare) {
        needsCare = false;
        if (failure) throw failure.error;
        // [spec] One leading U+FEFF BYTE ORDER MARK character must be ignored if any are present.
        if (isAtStart ? text.charCodeAt(0) === BOM : isAfterCr && lf === 0) pos = 1;
        isAtStart = isAfterCr = false;
        isNearLimit = data.length + piecesLength + length > unitsSurelyAllowed;
        if (!isNearLimit) dataBytes = piecesBytes = -1;
        if (piecesLength > 0) {
          const end = lf < 0 ? cr : Math.min(lf, cr);
          hold(text.slice(0, end), isNearLimit);
          if (end === length) return;
          const line = pieces.join("");
          dropPieces();
          parseField(line, 0, line.length);
          pos = skipLineEnd(text, end);
        }
        if (lf >= 0 && lf < pos) lf = text.indexOf("\n", pos);
      }

      if (cr === length && !isNearLimit) {
        // The hot path, for text with no CR. It repeats `parseField` and `dispatch`, because calling them costs a tenth
        // on short events; and each `charCodeAt` is known to be within the text, because V8 inlines no other.
        // Measured by bench/parser.
        let nul = -2;
        while (lf >= 0) {
          const first = text.charCodeAt(pos);
          if (first === 100 && lf - pos > 4 && isData(text, pos)) {
            const value = text.slice(text.charCodeAt(pos + 5) === SPACE ? pos + 6 : pos + 5, lf);
            if (dataLines > 0) {
              data += `\n${value}`;
              dataLines++;
            } else if (lf + 1 < length && text.charCodeAt(lf + 1) === LF) {
              lf++;
              parser.lastEventId = id;
              const event = { type: type || "message", data: value, lastEventId: id };
              type = "";
              onEvent(event);
            } else {
              data = value;
              dataLines = 1;
              needsCare = true;
            }
          } else if (first === 101 && lf - pos > 5 && isEvent(text, pos)) {
            type = text.slice(text.charCodeAt(pos + 6) === SPACE ? pos + 7 : pos + 6, lf);
          } else if (first === 105 && lf - pos > 2 && isId(text, pos)) {
            const value = text.slice(text.charCodeAt(pos + 3) === SPACE ? pos + 4 : pos + 3, lf);
            if (nul === -2) nul = text.indexOf("\0", pos);
            if (nul < 0 || value.indexOf("\0") < 0) id = value;
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
          if (end === pos) dispatch();
          else parseField(text, pos, end);
          pos = skipLineEnd(text, end);
          // Most often the blank line comes next: taking it here spares it two searches.
          if (pos < length && isLineEnd(text.charCodeAt(pos))) {
            dispatch();
            pos = skipLineEnd(text, pos);
          }
        }
      }
      if (pos < length) hold(text.slice(pos), isNearLimit);
    } catch (error) {
      failure = { error };
      needsCare = true;
      throw error;
    }
  }

  /** Keeps a piece of an incomplete line. */
  function hold(piece: string, isNearLimit: boolean): void {
    pieces.push(piece);
    piecesLength += piece.length;
    needsCare = true;
    if (!isNearLimit) return;
    piecesBytes = piecesBytes < 0 ? byteLength(pieces.join("")) : piecesBytes + byteLength(piece);
    checkSize(piecesBytes);
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
    if (dataBytes + lineBytes > maxEventBytes)
      throw new SluiceError(
        "EVENT_TOO_LARGE",
        `Expected an event of at most ${maxEventBytes} bytes, got more. Raise maxEventBytes, or reset() for a new connection.`,
      );
  }

  /** The position after the line end at `end`: CR, LF or CRLF. A CR ends the line at once, whether or not LF follows. */
  function skipLineEnd(text: string, end: number): number {
    const next = end + 1;
    if (text.charCodeAt(end) === LF) return next;
    if (next === text.length) isAfterCr = needsCare = true;
    return next < text.length && text.charCodeAt(next) === LF ? next + 1 : next;
  }

  function parseField(text: string, pos: number, end: number): void {
    const first = text.charCodeAt(pos);
    if (first === 100 && end - pos > 5 && isData(text, pos)) {
      addData(text.slice(text.charCodeAt(pos + 5) === SPACE ? pos + 6 : pos + 5, end));
      return;
    }
    if (first === 101 && end - pos > 6 && isEvent(text, pos)) {
      type = text.slice(text.charCodeAt(pos + 6) === SPACE ? pos + 7 : pos + 6, end);
      return;
    }
    if (first === 105 && end - pos > 3 && isId(text, pos)) {
      setId(text.slice(text.charCodeAt(pos + 3) === SPACE ? pos + 4 : pos + 3, end));
      return;
    }
    // No field has a longer name than these six characters.
    let nameEnd = pos;
    while (nameEnd < end && nameEnd < pos + 6 && text.charCodeAt(nameEnd) !== COLON) nameEnd++;
    // [spec] If value starts with a U+0020 SPACE character, remove it from value.
    let valueStart = nameEnd + 1;
    if (valueStart < end && text.charCodeAt(valueStart) === SPACE) valueStart++;
    const value = text.slice(valueStart, end);
    switch (text.slice(pos, nameEnd)) {
      case "data":
        return addData(value);
      case "event":
        type = value;
        return;
      case "id":
        setId(value);
        return;
      case "retry":
        // [spec] If the field value consists of only ASCII digits, interpret it as an integer in base ten.
        if (/^\d+$/.test(value)) onRetry?.(Number(value));
        return;
      case "":
        onComment?.(value);
    }
  }

  function setId(value: string): void {
    // [spec] If the field value does not contain U+0000 NULL, set the last event ID buffer to the field value.
    if (value.indexOf("\0") < 0) id = value;
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
    const hasData = dataLines > 0;
    type = data = "";
    dataLines = 0;
    dataBytes = -1;
    // [spec] If the data buffer is an empty string, set the event type buffer to the empty string and return.
    if (hasData) onEvent(event);
  }

  function reset(): void {
    decode = createUtf8Decoder();
    failure = undefined;
    isAtStart = needsCare = true;
    isAfterCr = false;
    id = parser.lastEventId;
    type = data = "";
    dataLines = 0;
    dataBytes = -1;
    dropPieces();
  }

  return parser;
}

/** Where `character` is from `from` on; the length of the text if nowhere. */
function find(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index < 0 ? text.length : index;
}

/** Whether a line that begins with `d` and has four more characters begins with `data:`. */
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
    text.charCodeAt(pos + 2) === 101 &&
    text.charCodeAt(pos + 3) === 110 &&
    text.charCodeAt(pos + 4) === 116 &&
    text.charCodeAt(pos + 5) === COLON
  );
}

function isId(text: string, pos: number): boolean {
  return text.charCodeAt(pos + 1) === 100 && text.charCodeAt(pos + 2) === COLON;
}

function isLineEnd(code: number): boolean {
  return code === LF || code === CR;
}

function byteLength(text: string): number {
  return toBytes(text).length;
}

function invalidOption(name: string, expected: string, value: unknown): SluiceError {
  return new SluiceError("INVALID_OPTION", `${name}: expected ${expected}, got ${typeof value}.`);
}
