import { byteLength } from "../../../protocol/bytes.ts";
import { ENTRY_OVERHEAD_BYTES, type NewEntry } from "../../log.ts";
import { entryText } from "../../shared/entry-text.ts";

/** Returns the bytes that the append script counts for the entries of one call. See {@link ChannelLog.keptBytes}. */
export function keptBytes(entries: readonly NewEntry[]): number {
  const time = Date.now();
  const textOf = (entry: NewEntry, i: number) => entryText(entry, time, entries.length - 1 - i);
  return entries.reduce((sum, entry, i) => sum + ENTRY_OVERHEAD_BYTES + byteLength(textOf(entry, i)), 0);
}
