import { afterTurn } from "../../base/timers.ts";
import type { ChannelLog } from "../../logs/log.ts";
import { KeptEvent } from "../event/kept-event.ts";

const PAGE_EVENTS = 512;
const PAGE_BYTES = 256 * 1024;
/** With {@link PAGE_BYTES}, what the pages of a channel hold at most: 2 MiB, or one oversized event each; and the frames made of them. */
const PAGES_HELD = 8;

/** A run of events read from the log. */
export interface Page {
  readonly first: number;
  readonly events: readonly KeptEvent[];
}

/** Reads what is older than the window from the log; cursors that are at the same place share the reading and the encoding. */
export class LogPages {
  readonly #log: ChannelLog;
  /** The one used last comes last. */
  #pages: Page[] = [];
  readonly #reading = new Map<number, Promise<Page | "gone">>();

  constructor(log: ChannelLog) {
    this.#log = log;
  }

  /** The page that has the event after `after`; `"gone"` when the log has trimmed it. */
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
      const begun: Promise<Page | "gone"> = this.#read(after).finally(() => {
        if (this.#reading.get(after) === begun) this.#reading.delete(after);
      });
      reading = begun;
      this.#reading.set(after, reading);
    }
    return reading;
  }

  /** Forgets what was read; what is being read goes to those who wait for it. */
  clear(): void {
    if (this.#pages.length > 0) this.#pages = [];
  }

  /** The log began a new life: what is being read belongs to the old one. */
  reset(): void {
    this.clear();
    this.#reading.clear();
  }

  async #read(after: number): Promise<Page | "gone"> {
    const { epoch } = this.#log;
    const entries = await this.#log.read(after, PAGE_EVENTS, PAGE_BYTES);
    // They are of one life or the other, and that is all one knows.
    if (epoch !== this.#log.epoch) return this.#read(after);
    if (entries === "gone") {
      // The log may have noticed just now, and not told yet; then nobody could say where one goes on.
      await this.#log.sync();
      return epoch === this.#log.epoch && after + 1 < this.#log.first ? "gone" : this.#read(after);
    }
    const page = { first: after + 1, events: entries.map((entry) => new KeptEvent(entry, epoch)) };
    if (entries.length > 0) {
      this.#pages.push(page);
      if (this.#pages.length > PAGES_HELD) this.#pages.shift();
    }
    return page;
  }
}

/** All events that a log keeps, up to an offset, read as they are asked for. */
export async function* eventsUpTo(log: ChannelLog, through: number): AsyncGenerator<KeptEvent, void, undefined> {
  for (let after = log.first - 1; after < through; ) {
    const entries = await log.read(after, PAGE_EVENTS, PAGE_BYTES);
    if (entries === "gone") {
      // Trimmed meanwhile: what is left is enough.
      await log.sync();
      after = Math.max(after + 1, log.first - 1);
      continue;
    }
    if (entries.length === 0) return;
    for (const entry of entries) if (entry.offset <= through) yield new KeptEvent(entry, log.epoch);
    after = entries[entries.length - 1]!.offset;
    // A log that answers at once must not keep the event loop for as long as there is something to read.
    await new Promise<void>(afterTurn);
  }
}
