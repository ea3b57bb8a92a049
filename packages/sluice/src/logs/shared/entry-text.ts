import type { LogEntry, NewEntry } from "../log.ts";

/** Fields of the head that are always present: time, type, json. */
const REQUIRED_HEAD_FIELDS = 3;

/**
 * Returns an entry as the text that a log outside this process stores: a head line of JSON, then the data unchanged.
 * The head is `[time, type, json, topics, id, retry, more]`. Absent fields are `null`, and absent fields at the end are
 * left out. JSON escapes line ends, so the first `\n` ends the head. `more`: see {@link LogEntry.more}.
 */
export function entryText(entry: NewEntry, time: number, more = 0): string {
  const { type, data, json, topics, id, retry } = entry;
  const head: unknown[] = [time, type, json ? 1 : 0, topics ?? null, id ?? null, retry ?? null, more || null];
  while (head.length > REQUIRED_HEAD_FIELDS && head[head.length - 1] === null) head.pop();
  return `${JSON.stringify(head)}\n${data}`;
}

/** Parses text that {@link entryText} wrote. */
export function parseEntry(offset: number, text: string): LogEntry {
  const end = text.indexOf("\n");
  const [time, type, json, topics, id, retry, more] = JSON.parse(text.slice(0, end)) as [
    number,
    string,
    number,
    (string[] | null)?,
    (string | null)?,
    (number | null)?,
    number?,
  ];
  return {
    offset,
    time,
    type,
    data: text.slice(end + 1),
    json: json === 1,
    topics: topics ?? undefined,
    id: id ?? undefined,
    retry: retry ?? undefined,
    more,
  };
}
