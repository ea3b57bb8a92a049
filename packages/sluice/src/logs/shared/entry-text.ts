import type { LogEntry, NewEntry } from "../log.ts";

/**
 * An entry as logs outside this process keep it: a line of JSON, then the data as it is. The line is
 * `[time, type, json, topics, id, retry]`, with `null` for what is absent and nothing after the last that is there. It has no line
 * end of its own, so the first one ends it.
 */
export function entryText(entry: NewEntry, time: number): string {
  const { type, data, json, topics, id, retry } = entry;
  const head: unknown[] = [time, type, json ? 1 : 0, topics ?? null, id ?? null, retry ?? null];
  while (head.length > HEAD_FIELDS && head[head.length - 1] === null) head.pop();
  return `${JSON.stringify(head)}\n${data}`;
}

/** Fields that are always there. */
const HEAD_FIELDS = 3;

/** Reads what {@link entryText} writes. */
export function parseEntry(offset: number, text: string): LogEntry {
  const end = text.indexOf("\n");
  const [time, type, json, topics, id, retry] = JSON.parse(text.slice(0, end)) as [
    number,
    string,
    number,
    (string[] | null)?,
    (string | null)?,
    (number | null)?,
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
  };
}
