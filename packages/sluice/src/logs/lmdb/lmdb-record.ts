import { entryText, parseEntry } from "../entry-text.ts";
import { entryBytes, type LogEntry, type NewEntry } from "../log.ts";

// A record: what trimming must know (flags, what the entry counts for, its time), then the entry as text.
const FLAGS_AT = 0;
const BYTES_AT = 4;
const TIME_AT = 8;
const TEXT_AT = 16;

/** The text is UTF-16: UTF-8 has no bytes for a lone surrogate. */
const IS_UTF16 = 1;
/** The entry has an ID of the publisher's own. */
const HAS_ID = 2;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** An entry as it is kept. */
export function entryRecord(entry: NewEntry, time: number): Buffer {
  const text = entryText(entry, time);
  const isUtf16 = LONE_SURROGATE.test(text);
  const encoding = isUtf16 ? "utf16le" : "utf8";
  const record = Buffer.allocUnsafe(TEXT_AT + Buffer.byteLength(text, encoding));
  record.fill(0, 0, TEXT_AT);
  record[FLAGS_AT] = (isUtf16 ? IS_UTF16 : 0) | (entry.id === undefined ? 0 : HAS_ID);
  record.writeUInt32LE(entryBytes(entry), BYTES_AT);
  record.writeDoubleLE(time, TIME_AT);
  record.write(text, TEXT_AT, encoding);
  return record;
}

export function parseRecord(offset: number, record: Buffer): LogEntry {
  return parseEntry(offset, record.toString((record[FLAGS_AT]! & IS_UTF16) === 0 ? "utf8" : "utf16le", TEXT_AT));
}

/** What the entry counts for against the retention. */
export function recordBytes(record: Buffer): number {
  return record.readUInt32LE(BYTES_AT);
}

export function recordTime(record: Buffer): number {
  return record.readDoubleLE(TIME_AT);
}

/** The publisher's own ID, if there is one. */
export function recordId(record: Buffer): string | undefined {
  return (record[FLAGS_AT]! & HAS_ID) === 0 ? undefined : parseRecord(0, record).id;
}
