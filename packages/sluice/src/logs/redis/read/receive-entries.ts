import { parseEntry } from "../../shared/entry-text.ts";
import type { LogView } from "../../shared/view/log-view.ts";
import type { FollowedPage } from "./catch-up.ts";
import { type Page, type PageSource, readPage } from "./read-pages.ts";

/** Bytes of a page. Many channels may read at the same time, and each page stays in memory until it is taken. */
const PAGE_BYTES = 262_144;

/** Reads entries until this process has all that the log had at the call. */
export async function receiveNewest(source: PageSource): Promise<void> {
  const { life } = source;
  const { view } = life;
  for (let epoch = ""; epoch !== view.epoch; ) {
    const { first, last } = await life.use((connection) => life.ends(connection));
    ({ epoch } = view);
    while (view.received < last && epoch === view.epoch) {
      const after = view.received;
      const page = await readPage(source, { after, events: Number.POSITIVE_INFINITY, bytes: PAGE_BYTES });
      if (epoch !== view.epoch) break;
      receivePage(view, page);
      if (view.received === after) break;
      await view.taken();
    }
    if (epoch === view.epoch) view.trimmed(first);
  }
}

/** Receives the entries after the offset `after` that are not trimmed. Returns true if the log has more of them. */
export function receiveTexts(view: LogView, after: number, { first, last, texts }: FollowedPage): boolean {
  const before = view.received;
  const start = Math.max(after + 1, first);
  receivePage(view, { first, last, entries: texts.map((text, i) => parseEntry(start + i, text)) });
  return before < view.received && view.received < last;
}

/** Receives a page. If it does not reach the end of the log, this process is catching up. */
function receivePage(view: LogView, { first, last, entries }: Page): void {
  view.receive(entries, (entries.at(-1)?.offset ?? last) < last);
  view.trimmed(first);
}
