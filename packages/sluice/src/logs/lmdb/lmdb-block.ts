import { entryBytes, type LogEntry } from "../log.ts";

// A block: what trimming must know (flags, how many entries, their time, what each counts for), then all of them as text: a line of JSON
// with a row for each, `[length of data, type, json, topics, id, retry]`, `null` for what is absent and nothing after the last that is
// there; then the data of all, one after another.
const FLAGS_AT = 0;
const COUNT_AT = 4;
const TIME_AT = 8;
const SIZES_AT = 16;
const SIZE_BYTES = 4;

/** The text is UTF-16: UTF-8 has no bytes for a lone surrogate. */
const IS_UTF16 = 1;
/** Some have an ID of the publisher's own. */
const HAS_IDS = 2;

/** Fields of a row that are always there. */
const ROW_FIELDS = 3;

/** Where a block of many entries ends, in characters of data and overhead: about four pages of LMDB. What is trimmed singly is removed by the block. */
const FULL_BLOCK = 14_000;
const ROW_CHARACTERS = 40;

type Row = [
  length: number,
  type: string,
  json: number,
  topics?: readonly string[] | null,
  id?: string | null,
  retry?: number | null,
];

/** Entries that stand next to each other and were appended in one moment, as they are kept: the keeping costs little more than that of one. */
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

  /** What an entry counts for against the retention. */
  bytesOf(offset: number): number {
    return this.record.readUInt32LE(SIZES_AT + (offset - this.first) * SIZE_BYTES);
  }

  /** The publisher's own ID of an entry, if it has one. */
  idOf(offset: number): string | undefined {
    return (this.record[FLAGS_AT]! & HAS_IDS) === 0 ? undefined : this.entries[offset - this.first]!.id;
  }

  get entries(): readonly LogEntry[] {
    this.#entries ??= parseBlock(this.record, this.first, this.time);
    return this.#entries;
  }
}

/** Makes blocks of entries that follow each other. */
export function blocksOf(entries: readonly LogEntry[]): LmdbBlock[] {
  const blocks: LmdbBlock[] = [];
  let start = 0;
  let characters = 0;
  for (const [i, { data }] of entries.entries()) {
    const more = data.length + ROW_CHARACTERS;
    if (i > start && characters + more > FULL_BLOCK) {
      blocks.push(blockOf(entries.slice(start, i)));
      start = i;
      characters = 0;
    }
    characters += more;
  }
  if (start < entries.length) blocks.push(blockOf(start === 0 ? entries : entries.slice(start)));
  return blocks;
}

function blockOf(entries: readonly LogEntry[]): LmdbBlock {
  const { offset, time } = entries[entries.length - 1]!;
  const head = `${JSON.stringify(entries.map(rowOf))}\n`;
  // Not put together with the head, which would copy it once more.
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

function rowOf({ data, type, json, topics, id, retry }: LogEntry): Row {
  const row: Row = [data.length, type, json ? 1 : 0];
  if (topics !== undefined || id !== undefined || retry !== undefined)
    row.push(topics ?? null, id ?? null, retry ?? null);
  while (row.length > ROW_FIELDS && row[row.length - 1] === null) row.pop();
  return row;
}

function parseBlock(record: Buffer, first: number, time: number): readonly LogEntry[] {
  const textAt = SIZES_AT + record.readUInt32LE(COUNT_AT) * SIZE_BYTES;
  const text = record.toString((record[FLAGS_AT]! & IS_UTF16) === 0 ? "utf8" : "utf16le", textAt);
  let end = text.indexOf("\n");
  const rows = JSON.parse(text.slice(0, end)) as Row[];
  end++;
  return rows.map(([length, type, json, topics, id, retry], i) => ({
    offset: first + i,
    time,
    type,
    data: text.slice(end, (end += length)),
    json: json === 1,
    topics: topics ?? undefined,
    id: id ?? undefined,
    retry: retry ?? undefined,
  }));
}
