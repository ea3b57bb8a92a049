import { entryBytes, type LogEntry } from "../../log.ts";

// A block consists of:
// - a binary head with everything that trimming needs: flags, number of entries, time, and for each entry the bytes
//   that it counts against the retention;
// - a line of JSON with one row per entry, `[length of data, type, json, topics, id, retry, more]`. Absent fields are
//   `null`, and absent fields at the end are left out;
// - the data of all entries, one after another.
const FLAGS_AT = 0;
const COUNT_AT = 4;
const TIME_AT = 8;
const SIZES_AT = 16;
const SIZE_BYTES = 4;

/** Flag: the text is UTF-16, because it contains a lone surrogate, which UTF-8 cannot encode. */
const IS_UTF16 = 1;
/** Flag: at least one entry has a publisher's own ID. */
const HAS_IDS = 2;

/** Fields of a row that are always present: length, type, json. */
const REQUIRED_ROW_FIELDS = 3;

/**
 * Maximum number of characters of a block with several entries, rows included: about four pages of LMDB. A trim removes
 * a block only together with its last entry, so a large block would occupy the file for long.
 */
const FULL_BLOCK_CHARACTERS = 14_000;
/** Estimated characters of a row. */
const ROW_CHARACTERS = 40;

type Row = [
  length: number,
  type: string,
  json: number,
  topics?: readonly string[] | null,
  id?: string | null,
  retry?: number | null,
  more?: number | null,
];

/**
 * Consecutive entries, appended at the same time and stored as one record, because LMDB's work per record is most of
 * the cost (docs/decisions/021-lmdb-keeps-blocks.md).
 */
export class LmdbBlock {
  readonly last: number;
  readonly record: Buffer;
  #entries: readonly LogEntry[] | undefined;

  constructor(last: number, record: Buffer) {
    this.last = last;
    this.record = record;
  }

  get first(): number {
    return this.last - this.#count + 1;
  }

  get time(): number {
    return this.record.readDoubleLE(TIME_AT);
  }

  get #count(): number {
    return this.record.readUInt32LE(COUNT_AT);
  }

  /** Returns the bytes that an entry counts against the retention. */
  bytesOf(offset: number): number {
    return this.record.readUInt32LE(SIZES_AT + (offset - this.first) * SIZE_BYTES);
  }

  /** Returns the publisher's own ID of an entry, or `undefined` if it has none. */
  idOf(offset: number): string | undefined {
    return (this.record[FLAGS_AT]! & HAS_IDS) === 0 ? undefined : this.entries[offset - this.first]!.id;
  }

  get entries(): readonly LogEntry[] {
    this.#entries ??= parseBlock(this.record, this.first, this.time);
    return this.#entries;
  }
}

/** Divides consecutive entries into blocks. */
export function toBlocks(entries: readonly LogEntry[]): LmdbBlock[] {
  const blocks: LmdbBlock[] = [];
  let start = 0;
  let characters = 0;
  for (const [i, { data }] of entries.entries()) {
    const more = data.length + ROW_CHARACTERS;
    if (i > start && characters + more > FULL_BLOCK_CHARACTERS) {
      blocks.push(toBlock(entries.slice(start, i)));
      start = i;
      characters = 0;
    }
    characters += more;
  }
  if (start < entries.length) blocks.push(toBlock(start === 0 ? entries : entries.slice(start)));
  return blocks;
}

function toBlock(entries: readonly LogEntry[]): LmdbBlock {
  const { offset, time } = entries[entries.length - 1]!;
  const head = `${JSON.stringify(entries.map(toRow))}\n`;
  // Do not join the data with the head: that would copy the data once more.
  const data = entries.map((entry) => entry.data).join("");
  const isUtf16 = !head.isWellFormed() || !data.isWellFormed();
  const encoding = isUtf16 ? "utf16le" : "utf8";
  const headAt = SIZES_AT + entries.length * SIZE_BYTES;
  const dataAt = headAt + Buffer.byteLength(head, encoding);
  const record = Buffer.allocUnsafe(dataAt + Buffer.byteLength(data, encoding));
  record.fill(0, 0, SIZES_AT);
  record[FLAGS_AT] = (isUtf16 ? IS_UTF16 : 0) | (entries.some(({ id }) => id !== undefined) ? HAS_IDS : 0);
  record.writeUInt32LE(entries.length, COUNT_AT);
  record.writeDoubleLE(time, TIME_AT);
  for (const [i, entry] of entries.entries()) record.writeUInt32LE(entryBytes(entry), SIZES_AT + i * SIZE_BYTES);
  record.write(head, headAt, encoding);
  record.write(data, dataAt, encoding);
  return new LmdbBlock(offset, record);
}

function toRow({ data, type, json, topics, id, retry, more }: LogEntry): Row {
  const row: Row = [data.length, type, json ? 1 : 0];
  if (topics !== undefined || id !== undefined || retry !== undefined || more)
    row.push(topics ?? null, id ?? null, retry ?? null, more || null);
  while (row.length > REQUIRED_ROW_FIELDS && row[row.length - 1] === null) row.pop();
  return row;
}

function parseBlock(record: Buffer, first: number, time: number): readonly LogEntry[] {
  const textAt = SIZES_AT + record.readUInt32LE(COUNT_AT) * SIZE_BYTES;
  const text = record.toString((record[FLAGS_AT]! & IS_UTF16) === 0 ? "utf8" : "utf16le", textAt);
  let end = text.indexOf("\n");
  const rows = JSON.parse(text.slice(0, end)) as Row[];
  end++;
  return rows.map(([length, type, json, topics, id, retry, more], i) => ({
    offset: first + i,
    time,
    type,
    data: text.slice(end, (end += length)),
    json: json === 1,
    topics: topics ?? undefined,
    id: id ?? undefined,
    retry: retry ?? undefined,
    more: more ?? undefined,
  }));
}
