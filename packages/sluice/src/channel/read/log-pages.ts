import { outside } from "../../base/async-context.ts";
import { afterTurn } from "../../base/timers.ts";
import type { ChannelLog } from "../../logs/log.ts";
import { KeptEvent } from "../event/kept-event.ts";
import type { Serializer } from "../event/serializer.ts";

const PAGE_EVENTS = 512;
const PAGE_BYTES = 256 * 1024;
/**
 * Maximum number of pages kept per channel: 2 MiB of entries (or one oversized entry each), and the frames made from
 * them.
 */
const PAGES_HELD = 8;

/** Consecutive events read from the log. */
export interface Page {
  /** Offset of the first event. */
  readonly first: number;
  readonly events: readonly KeptEvent[];
}

/** Reads events older than the window from the log. Cursors at the same offset share one read and its frames. */
export class LogPages {
  readonly #log: ChannelLog;
  readonly #serializer: Serializer | undefined;
  /** Least recently used first. */
  #pages: Page[] = [];
  readonly #reading = new Map<number, Promise<Page | "gone">>();

  constructor(log: ChannelLog, serializer: Serializer | undefined) {
    this.#log = log;
    this.#serializer = serializer;
  }

  /** Returns the page with the event after the offset `after`; `"gone"` if the log has trimmed the event. */
  get(after: number): Page | Promise<Page | "gone"> {
    const offset = after + 1;
    const found = this.#pages.findIndex((page) => page.first <= offset && offset < page.first + page.events.length);
    if (found >= 0) {
      const page = this.#pages.splice(found, 1)[0] as Page;
      this.#pages.push(page);
      return page;
    }
    let reading = this.#reading.get(after);
    if (reading === undefined) {
      const forget = () => void (this.#reading.get(after) === begun && this.#reading.delete(after));
      const begun: Promise<Page | "gone"> = outside(() => this.#read(after).finally(forget));
      reading = begun;
      this.#reading.set(after, reading);
    }
    return reading;
  }

  /** Drops the pages. Pending reads still reach their callers. */
  clear(): void {
    if (this.#pages.length > 0) this.#pages = [];
  }

  /** Drops the pages and the pending reads: the log began a new life, and they belong to the old one. */
  reset(): void {
    this.clear();
    this.#reading.clear();
  }

  async #read(after: number): Promise<Page | "gone"> {
    const { epoch } = this.#log;
    const entries = await this.#log.read(after, PAGE_EVENTS, PAGE_BYTES);
    // A new life began during the read: the entries may belong to either life.
    if (epoch !== this.#log.epoch) return this.#read(after);
    if (entries === "gone") {
      // `first` may be older than this answer. A gap can name the right position only once `first` is current.
      await this.#log.sync();
      return epoch === this.#log.epoch && after + 1 < this.#log.first ? "gone" : this.#read(after);
    }
    const page = { first: after + 1, events: entries.map((entry) => new KeptEvent(entry, epoch, this.#serializer)) };
    if (entries.length > 0) {
      this.#pages.push(page);
      if (this.#pages.length > PAGES_HELD) this.#pages.shift();
    }
    return page;
  }
}

/** Yields the kept events up to the offset `through`. Reads one page ahead at most. */
export async function* eventsUpTo(
  { log, serializer }: { readonly log: ChannelLog; readonly serializer: Serializer | undefined },
  through: number,
): AsyncGenerator<KeptEvent, void, undefined> {
  for (let after = log.first - 1; after < through; ) {
    const entries = await log.read(after, PAGE_EVENTS, PAGE_BYTES);
    if (entries === "gone") {
      // The log trimmed the entry meanwhile. Continue with the oldest entry that is left.
      await log.sync();
      after = Math.max(after + 1, log.first - 1);
      continue;
    }
    if (entries.length === 0) return;
    for (const entry of entries) if (entry.offset <= through) yield new KeptEvent(entry, log.epoch, serializer);
    after = entries[entries.length - 1]!.offset;
    // Give the event loop a turn: a log that answers at once would keep it for the whole replay.
    await new Promise<void>(afterTurn);
  }
}
