import { checkFields, type EventFields } from "./event-fields.ts";

const LINE_END = /\r\n|[\r\n]/g;

/**
 * Encodes one block of an event stream, its blank line included (WHATWG HTML, section 9.2.5).
 *
 * What goes in comes back from a parser as it went in, save that line ends in `data` become LF and lone surrogates in
 * it U+FFFD; anything else that could not is refused. So no field can inject another. A block without `data` is sound
 * too: `{ id }` moves the client's last event ID, `{ retry }` its reconnection time, `{ comment }` nothing.
 *
 * @example encodeEvent({ id: "7", event: "placed", data: "{}" }) // "event: placed\nid: 7\ndata: {}\n\n"
 * @throws {SluiceError} `INVALID_FIELD` or `INVALID_DATA`, see `checkFields`.
 */
export function encodeEvent(fields: EventFields): string {
  checkFields(fields);
  const { data, event, id, retry, comment } = fields;
  let block = "";
  if (comment !== undefined) block = comment ? encodeLines(": ", comment) : ":\n";
  if (event) block += `event: ${event}\n`;
  if (id !== undefined) block += `id: ${id}\n`;
  if (retry !== undefined) block += `retry: ${retry}\n`;
  if (data !== undefined) block += encodeLines("data: ", data);
  return `${block}\n`;
}

function encodeLines(prefix: string, text: string): string {
  // Two searches for one character are memchr; a regular expression would look at every character of a long line.
  if (text.indexOf("\n") < 0 && text.indexOf("\r") < 0) return `${prefix}${text}\n`;
  return `${prefix}${text.replace(LINE_END, `\n${prefix}`)}\n`;
}
