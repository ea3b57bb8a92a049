import { SluiceError } from "../base/errors/sluice-error.ts";
import type { ParserCallbacks, ParserOptions } from "./parser-options.ts";
import { createUtf8Decoder } from "./utf8-decoder.ts";

export type { ParsedEvent, ParserCallbacks, ParserOptions } from "./parser-options.ts";

/** A parser: it turns the bytes of event streams into events. */
export interface Parser {
  /**
   * Parses the next chunk of the stream, cut anywhere, and reports each event that it completes. A string is decoded
   * text. One stream is pushed either as strings or as bytes.
   *
   * @throws {SluiceError} `EVENT_TOO_LARGE` if an event exceeds `maxEventBytes`. Each `push` then throws this error
   * until `reset`. An error that a callback throws also passes through `push`. Call `reset` then too, because the rest
   * of the chunk was not read.
   */
  push: (chunk: Uint8Array | string) => void;
  /** Prepares the parser for a new connection: drops an incomplete block and any failure, and keeps `lastEventId`. */
  reset: () => void;
  /** The last event ID after the last complete block, with or without data. A reconnect sends it. */
  readonly lastEventId: string;
}

const DEFAULT_MAX_EVENT_BYTES = 16 * 1024 * 1024;
const BOM = 0xfeff;
const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;

/**
 * Creates a parser of event streams (WHATWG HTML, sections 9.2.5 and 9.2.6). Its time is linear in the input, however
 * the input is cut. Callbacks must not call `push` or `reset`.
 *
 * @example
 * const parser = createParser({ onEvent: ({ type, data }) => console.log(type, data) });
 * for await (const bytes of response.body) parser.push(bytes);
 * @throws {SluiceError} `INVALID_OPTION`
 */
export function createParser(options: ParserOptions): Parser {
  const { onEvent, lastEventId = "", maxEventBytes = DEFAULT_MAX_EVENT_BYTES } = options;
  const isValid = typeof onEvent === "function" && typeof lastEventId === "string" && typeof maxEventBytes === "number";
  if (!isValid || !(maxEventBytes >= 1))
    throw new SluiceError("INVALID_OPTION", "Expected onEvent: function, lastEventId: text, maxEventBytes >= 1");
  return createUncheckedParser(options, maxEventBytes, lastEventId);
}

/** `createParser` without the check of its options. */
export function createUncheckedParser(
  { onEvent, onRetry, onComment }: ParserCallbacks,
  maxEventBytes: number,
  lastEventId: string,
): Parser {
  // `lastEventId` is a plain property: a getter would give each parser its own hidden class, which makes calls to
  // `push` slow in V8.
  const parser = { lastEventId, push, reset };
  let decode: (bytes: Uint8Array) => string;
  // Code of a character to ignore if the next chunk begins with it, or -1.
  let ignored: number;

  // The current block. `id` outlives it: it becomes the last event ID once a block is complete.
  let id: string;
  let type: string;
  let data: string | undefined;

  // Pieces of a line that spans chunks. They are joined once, when the line is complete, so that no character is
  // searched or copied again for each further piece.
  let pieces: string[];
  let piecesLength: number;

  function push(chunk: Uint8Array | string): void {
    const text = typeof chunk === "string" ? chunk : decode(chunk);
    const { length } = text;
    if (length === 0) return;
    // Cut into parts of at most the limit, so that a line within one part needs no check.
    if (length > maxEventBytes) {
      for (let start = 0; start < length; start += maxEventBytes) push(text.slice(start, start + maxEventBytes));
      return;
    }
    let pos = text.charCodeAt(0) === ignored ? 1 : 0;
    ignored = -1;
    // Positions of the next such characters. A search goes to the end of the chunk: a search in each ID takes longer.
    let lf = -1;
    let cr = -1;
    let nul = -1;

    // The hot path. It repeats `parseLine` for `data`, `event`, `id` and a blank line after one line of data: calling
    // it takes a tenth longer for short events. Each index of `charCodeAt` is within the text, because the line's end
    // is; V8 stops inlining after an index outside it. Measured by bench/parser.
    while (pos < length) {
      if (lf < pos) lf = find(text, "\n", pos);
      if (cr < pos) cr = find(text, "\r", pos);
      let end = lf;
      let next = lf + 1;
      if (piecesLength > 0) {
        end = Math.min(lf, cr);
        hold(text.slice(pos, end));
        if (end === length) return;
        const line = pieces.splice(0).join("");
        piecesLength = 0;
        parseLine(line);
        pos = skipLineEnd(text, end);
        continue;
      }
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
          parser.lastEventId = id;
          const event = { type: type || "message", data: value, lastEventId: id };
          type = "";
          onEvent(event);
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
        type = text.slice(text.charCodeAt(pos + 6) === SPACE ? pos + 7 : pos + 6, end);
      } else if (first === 105 && text.charCodeAt(pos + 1) === 100 && text.charCodeAt(pos + 2) === COLON) {
        if (nul < pos) nul = find(text, "\0", pos);
        if (nul > end) id = text.slice(text.charCodeAt(pos + 3) === SPACE ? pos + 4 : pos + 3, end);
      } else {
        parseLine(text.slice(pos, end));
      }
      pos = next;
    }
  }

  /**
   * Returns the position after the line end at `end`: LF, CRLF, or CR. A CR at the end of a chunk may be half of a
   * CRLF.
   */
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
    // Makes each further push fail here.
    piecesLength = Infinity;
    throw new SluiceError("EVENT_TOO_LARGE", `Event exceeds maxEventBytes: ${maxEventBytes}`);
  }

  function parseLine(line: string): void {
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
        if (/^\d+$/.test(value)) onRetry?.(+value);
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
    pieces = [];
    piecesLength = 0;
  }

  reset();
  return parser;
}

/** Returns the index of `character` at or after `from`, or the length of the text if it does not occur. */
function find(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index < 0 ? text.length : index;
}
