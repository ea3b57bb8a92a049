import { outside } from "../../../base/context/async-context.ts";
import { afterTurn } from "../../../base/time/timers.ts";
import type { ChannelLog } from "../../../logs/log.ts";
import type { SharedReads } from "../../../stream/stream-hub.ts";
import { KeptEvent } from "../../event/kept-event.ts";
import type { Serializer } from "../../event/serializer.ts";
import { throwIfLifeLeft } from "../left-life.ts";

const PAGE_EVENTS = 512;
/** Maximum number of pages kept per channel. */
const PAGES_HELD = 8;

/** Consecutive events read from the log. */
export interface Page {
  /** Offset of the first event. */
  readonly first: number;
  readonly events: readonly KeptEvent[];
}

/** The log, and the cache of all channels. */
export interface PageSource {
  readonly log: ChannelLog;
  /** Epoch of the life that the readers are in. */
  readonly epoch: string;
  readonly serializer: Serializer | undefined;
  readonly reads: SharedReads;
}

/** Reads events older than the window from the log. Cursors at the same offset share one read and its frames. */
export class LogPages {
  readonly #source: PageSource;
  readonly #log: ChannelLog;
  readonly #serializer: Serializer | undefined;
  readonly #cache: SharedReads;
  /** Least recently used first. */
  #pages: Page[] = [];
  readonly #reading = new Map<number, Promise<Page | "gone">>();

  constructor(source: PageSource) {
    this.#source = source;
    this.#log = source.log;
    this.#serializer = source.serializer;
    this.#cache = source.reads;
  }

  /** Returns the page with the event after the offset `after`; `"gone"` if the log has trimmed the event. */
  get(after: number): Page | Promise<Page | "gone"> {
    const offset = after + 1;
    const found = this.#pages.findIndex((page) => page.first <= offset && offset < page.first + page.events.length);
    if (found >= 0) {
      const page = this.#pages.splice(found, 1)[0] as Page;
      this.#pages.push(page);
      this.#cache.use(page);
      return page;
    }
    let reading = this.#reading.get(after);
    if (reading === undefined) {
      const forget = () => {
        if (this.#reading.get(after) === begun) this.#reading.delete(after);
        this.#rest();
      };
      this.#cache.beginReading(this);
      const begun: Promise<Page | "gone"> = outside(() => this.#read(after).finally(forget));
      reading = begun;
      this.#reading.set(after, reading);
    }
    return reading;
  }

  /** Drops a page: nobody else will need it. */
  drop(page: Page): void {
    this.#remove(page);
    this.#cache.delete(page);
  }

  /** Drops the pages. Pending reads still reach their callers. */
  clear(): void {
    for (const page of this.#pages) this.#cache.delete(page);
    if (this.#pages.length > 0) this.#pages = [];
    this.#rest();
  }

  /** Drops the pages and the pending reads: the log began a new life, and they belong to the old one. */
  reset(): void {
    this.clear();
    this.#reading.clear();
  }

  async #read(after: number): Promise<Page | "gone"> {
    throwIfLifeLeft(this.#source);
    const { epoch } = this.#log;
    const entries = await this.#log.read(after, PAGE_EVENTS, this.#cache.pageBytes);
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
      const bytes = page.events.reduce((sum, { size }) => sum + size, 0);
      this.#cache.add(page, bytes, () => this.#remove(page));
      if (this.#pages.length > PAGES_HELD) this.drop(this.#pages[0] as Page);
    }
    return page;
  }

  #remove(page: Page): void {
    const at = this.#pages.indexOf(page);
    if (at >= 0) this.#pages.splice(at, 1);
    this.#rest();
  }

  /** Leaves its share of the cache to other channels if it has no page and reads none. */
  #rest(): void {
    if (this.#pages.length === 0 && this.#reading.size === 0) this.#cache.endReading(this);
  }
}

/** Yields the kept events up to the offset `through`. Reads one page ahead at most. */
export async function* eventsUpTo(
  { log, serializer, reads }: PageSource,
  through: number,
): AsyncGenerator<KeptEvent, void, undefined> {
  for (let after = log.first - 1; after < through; ) {
    const entries = await log.read(after, PAGE_EVENTS, reads.pageBytes);
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
