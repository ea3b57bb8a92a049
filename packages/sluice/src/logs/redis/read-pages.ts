import { entryBytes, type LogEntry } from "../log.ts";
import { parseEntry } from "../shared/entry-text.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import type { RedisChannelLife } from "./life/redis-channel-life.ts";
import { limitText } from "./scripts/redis-scripts.ts";

/** Consecutive entries, and the ends of the log at the same moment. */
export interface Page {
  readonly first: number;
  readonly last: number;
  readonly entries: readonly LogEntry[];
}

/** Which entries to read: after an offset, and not many more than these limits allow. */
export interface PageLimits {
  readonly after: number;
  readonly events: number;
  readonly bytes: number;
}

/** Reads entries in one step. Returns `undefined` if the log is in another life. */
export async function readPage(
  life: RedisChannelLife,
  connection: RedisConnection,
  { after, events, bytes }: PageLimits,
): Promise<Page | undefined> {
  const args = [String(after), limitText(events), limitText(bytes)];
  const answer = (await connection.run("read", life.keys, args)) as [string, number, number, ...string[]];
  const [epoch, first, last, ...texts] = answer;
  if (epoch !== life.epoch) return undefined;
  return { first, last, entries: texts.map((text, i) => parseEntry(after + 1 + i, text)) };
}

/** Reads entries in as many steps as the limits need. Returns `undefined` if the log is in another life. */
export async function readEntries(
  life: RedisChannelLife,
  connection: RedisConnection,
  { after, events, bytes }: PageLimits,
): Promise<readonly LogEntry[] | "gone" | undefined> {
  const found: LogEntry[] = [];
  let left = bytes;
  for (;;) {
    const next = after + found.length;
    const page = await readPage(life, connection, { after: next, events: events - found.length, bytes: left });
    if (page === undefined) return undefined;
    if (page.first > next + 1) return found.length > 0 ? found : "gone";
    for (const entry of page.entries) {
      found.push(entry);
      left -= entryBytes(entry);
    }
    const isAll = page.entries.length === 0 || after + found.length >= page.last;
    if (isAll || found.length >= events || left <= 0) return found;
  }
}
