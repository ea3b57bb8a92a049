import type { LogEntry } from "../../log.ts";

/** Characters of the data of a brief entry. */
export const BRIEF_CHARS = 120;

/** Returns an entry with the beginning of its data only. It does not keep the whole data in memory. */
export function briefEntry(entry: LogEntry): LogEntry {
  if (entry.data.length <= BRIEF_CHARS) return entry;
  // V8 keeps the whole of a text in memory for a part of it. JSON makes a new text.
  return { ...entry, data: JSON.parse(JSON.stringify(entry.data.slice(0, BRIEF_CHARS))) as string };
}
