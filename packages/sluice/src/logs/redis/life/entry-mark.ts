import type { LogEntry } from "../../log.ts";
import { entryText } from "../../shared/entry-text.ts";
import { BRIEF_CHARS } from "../../shared/view/brief-entry.ts";

/**
 * The beginning of an entry's text identifies the entry: its time, type and topics, and some of its data. The newest
 * entry may be a brief one.
 */
const MARK_CHARS = BRIEF_CHARS;

/** An entry of a log, as far as it must be compared. */
export interface EntryMark {
  readonly epoch: string;
  readonly offset: number;
  readonly text: string;
}

/** Returns the mark of an entry that this process received in the life of an epoch. */
export function markOf(entry: LogEntry, epoch: string): EntryMark {
  const { offset, time, data, more } = entry;
  const text = entryText({ ...entry, data: data.slice(0, MARK_CHARS) }, time, more).slice(0, MARK_CHARS);
  // Half a character has no form in UTF-8.
  return { epoch, offset, text: text.replace(/[\uD800-\uDBFF]$/, "") };
}
