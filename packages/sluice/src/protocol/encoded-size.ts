import { byteLength } from "./bytes.ts";
import { LINE_END } from "./encode-event.ts";
import type { EventFields } from "./event-fields.ts";

/**
 * Returns the number of bytes of the block that `encodeEvent` makes of these fields, without making it. The fields must
 * be valid. Used wherever a limit in bytes is kept, so that data, types, IDs and line ends all count.
 */
export function encodedSize({ data, event, id, retry }: Omit<EventFields, "comment">): number {
  let size = 1;
  if (event !== undefined && event !== "") size += fieldSize("event", event);
  if (id !== undefined) size += fieldSize("id", id);
  if (retry !== undefined) size += fieldSize("retry", String(retry));
  if (data !== undefined) size += fieldSize("data", data) + lineEndsSize(data);
  return size;
}

/** `name: value\n`, or `name:\n` without a value. */
function fieldSize(name: string, value: string): number {
  return value === "" ? name.length + 2 : name.length + 3 + byteLength(value);
}

/** Bytes that the line ends of the data add: each of them becomes `\ndata: `. */
function lineEndsSize(data: string): number {
  let added = 0;
  if (data.includes("\r")) {
    for (const [end] of data.matchAll(LINE_END)) added += LINE_START.length - end.length;
    return added;
  }
  // A search for one character is memchr. Most data have only LF, or no line end.
  for (let at = data.indexOf("\n"); at >= 0; at = data.indexOf("\n", at + 1)) added += LINE_START.length - 1;
  return added;
}

const LINE_START = "\ndata: ";
