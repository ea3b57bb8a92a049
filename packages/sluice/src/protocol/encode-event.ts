import { SluiceError } from "../base/errors/sluice-error.ts";
import type { EventFields } from "./event-fields.ts";
import { isSafe, SAFE_TEXT } from "./safe-text.ts";

/** A line end of the standard: CRLF, CR or LF. */
export const LINE_END: RegExp = /\r\n|[\r\n]/g;

/**
 * Encodes one block of an event stream, including its blank line (WHATWG HTML, section 9.2.5).
 *
 * A parser reads back exactly these fields, so no field can inject another. Two things change in `data`: line ends
 * become LF, and lone surrogates become U+FFFD. A block without `data` is valid: `{ id }` moves the client's last event
 * ID, `{ retry }` sets its reconnection time, `{ comment }` does nothing.
 *
 * @example encodeEvent({ id: "7", event: "placed", data: "{}" }) // "event: placed\nid: 7\ndata: {}\n\n"
 * @throws {SluiceError} `INVALID_FIELD` if `event`, `id`, `retry` or `comment` would not arrive unchanged;
 * `INVALID_DATA` if `data` is not text, or if `data`, `id`, `retry` and `comment` are all absent.
 */
export function encodeEvent({ data, event, id, retry, comment }: EventFields): string {
  let block = "";
  if (comment !== undefined) block = encodeField("", comment, typeof comment === "string", "text");
  // `""` gets no line. The standard reads an empty line as "message", but .NET's parser reads it as the type "".
  if (event !== undefined && event !== "") block += encodeField("event", event, isSafe(event), SAFE_TEXT);
  if (id !== undefined) block += encodeField("id", id, isSafe(id), SAFE_TEXT);
  if (retry !== undefined)
    block += encodeField("retry", retry, Number.isSafeInteger(retry) && retry >= 0, "whole ms >= 0");
  // An event type alone is refused: clients drop it silently.
  if (data !== undefined || (id ?? retry ?? comment) === undefined)
    block += encodeField("data", data, typeof data === "string", "text");
  return `${block}\n`;
}

/**
 * Throws the error that `encodeEvent` would throw for these fields. Call it to refuse invalid fields before there is an
 * event to encode.
 *
 * @throws {SluiceError} `INVALID_FIELD`, `INVALID_DATA`
 */
export function checkFields(fields: EventFields): void {
  encodeEvent(fields);
}

function encodeField(name: string, value: string | number | undefined, isValid: boolean, expected: string): string {
  if (!isValid)
    throw new SluiceError(
      name === "data" ? "INVALID_DATA" : "INVALID_FIELD",
      // Truncated and escaped, so that the message cannot inject lines into a log file.
      `${name || "comment"}: expected ${expected}, got ${
        typeof value === "string"
          ? JSON.stringify(value.slice(0, 40))
          : typeof value === "number"
            ? value
            : typeof value
      }`,
    );
  if (value === "") return `${name}:\n`;
  // A search for one character is memchr. The regular expression alone would visit every character of a long line.
  if (typeof value === "string" && (value.indexOf("\n") >= 0 || value.indexOf("\r") >= 0))
    value = value.replace(LINE_END, `\n${name}: `);
  return `${name}: ${value}\n`;
}
