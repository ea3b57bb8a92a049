import { entryBytes, type LogEntry } from "../../log.ts";
import type { ReadBudget } from "../../shared/bounds/read-budget.ts";
import { parseEntry } from "../../shared/entry-text.ts";
import type { OutOfReach } from "../../shared/failures/out-of-reach.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import type { RedisChannelLife } from "../life/redis-channel-life.ts";
import { limitText } from "../scripts/limit-text.ts";

/** Bytes of one page. More pages of the budget can then be in flight, and no page takes long. */
const PAGE_BYTES = 1_048_576;
/** Bytes reserved for the last entry of a page. If the first entry has more, the page is requested again. */
const LAST_ENTRY_BYTES = 65_536;

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

/** The channel's life, and the budget of bytes that it shares with all channels. */
export interface PageSource {
  readonly life: RedisChannelLife;
  readonly budget: ReadBudget;
}

/** A page, and the size of its first entry if that entry alone has more bytes than the page may have. */
interface SizedPage extends Page {
  readonly size: number;
}

/** Reads entries in one step. Resolves to at least one entry if there is one. */
export async function readPage({ life, budget }: PageSource, limits: PageLimits): Promise<Page> {
  const bytes = Math.min(limits.bytes, PAGE_BYTES, (limits.events - 1) * LAST_ENTRY_BYTES + 1);
  const read = (most: number) =>
    budget.use(most, () => life.use((connection) => requestPage(life, connection, { ...limits, bytes, most })));
  try {
    let page = await read(budget.part(bytes + LAST_ENTRY_BYTES));
    while (page.size > 0) page = await read(page.size);
    return page;
  } catch (error) {
    if ((error as Partial<OutOfReach>).outage !== undefined) budget.fail(error);
    throw error;
  }
}

/** Reads entries in as many steps as the limits need. */
export async function readEntries(
  source: PageSource,
  { after, events, bytes }: PageLimits,
): Promise<readonly LogEntry[] | "gone"> {
  const { life } = source;
  const found: LogEntry[] = [];
  let { epoch } = life;
  let left = bytes;
  for (;;) {
    const next = after + found.length;
    const page = await readPage(source, { after: next, events: events - found.length, bytes: left });
    if (epoch !== life.epoch) {
      // A new life began between two steps: the entries of the steps may not belong together.
      ({ epoch } = life);
      found.length = 0;
      left = bytes;
      continue;
    }
    if (page.first > next + 1) return found.length > 0 ? found : "gone";
    for (const entry of page.entries) {
      found.push(entry);
      left -= entryBytes(entry);
    }
    const isAll = page.entries.length === 0 || after + found.length >= page.last;
    if (isAll || found.length >= events || left <= 0) return found;
  }
}

/** Requests entries of at most `most` bytes. Resolves to `undefined` if the log is in another life. */
async function requestPage(
  life: RedisChannelLife,
  connection: RedisConnection,
  { after, events, bytes, most }: PageLimits & { readonly most: number },
): Promise<SizedPage | undefined> {
  const args = [String(after), limitText(events), String(bytes), String(most)];
  const answer = (await connection.run("read", life.keys, args)) as [string, number, number, number, ...string[]];
  const [epoch, first, last, size, ...texts] = answer;
  if (epoch !== life.epoch) return undefined;
  return { first, last, size, entries: texts.map((text, i) => parseEntry(after + 1 + i, text)) };
}
