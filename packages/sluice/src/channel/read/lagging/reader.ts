import type { ChannelLog } from "../../../logs/log.ts";
import type { SharedReads } from "../../../stream/stream-hub.ts";
import type { KeptEvent } from "../../event/kept-event.ts";
import { type Selection, selects } from "../../event/selection.ts";
import type { Serializer } from "../../event/serializer.ts";
import type { EventWindow } from "../live/event-window.ts";
import { mustStartBatch } from "../together.ts";
import { LogPages, type Page } from "./log-pages.ts";
import type { CohortKey, Step, Stretch } from "./step.ts";
import { StepCache } from "./step-cache.ts";

/** The part of a live log that a reader needs. */
export interface ReadableLog {
  readonly log: ChannelLog;
  readonly serializer: Serializer | undefined;
  readonly epoch: string;
  readonly window: EventWindow;
  /** Offset up to which events may be read: live subscribers have received them. */
  readonly flushed: number;
  /** Maximum number of bytes of one step. */
  readonly batchBytes: number;
  /** Bounds what all channels keep of what they read. */
  readonly reads: SharedReads;
  /** Number of subscribers and followers. */
  readonly readers: number;
  readonly onFilterError: (error: unknown, event: KeptEvent) => void;
}

/**
 * Maximum number of events examined in one stretch, so that a cursor that selects few of them does not block the event
 * loop.
 */
const STRETCH_EVENTS = 4_096;

/** Reads the next events of lagging subscribers, step by step. Subscribers at the same offset share the steps. */
export class Reader {
  readonly #source: ReadableLog;
  readonly #pages: LogPages;
  readonly #steps: StepCache;

  constructor(source: ReadableLog) {
    this.#source = source;
    this.#pages = new LogPages(source);
    this.#steps = new StepCache(source.reads);
  }

  /** Returns the next step of a cohort after an offset; `"gone"` if the log has trimmed the next event. */
  next(cohort: CohortKey, after: number): Step | "gone" | Promise<Step | "gone"> {
    const cached = this.#steps.get(cohort, after);
    if (cached !== undefined) return cached;
    const { epoch } = this.#source;
    const found = this.eventsAfter(cohort.selection, after, cohort.overhead);
    if (!(found instanceof Promise)) return this.#step(cohort, after, found, epoch);
    return found.then((read) => (read === "gone" ? "gone" : this.#step(cohort, after, read, epoch)));
  }

  /**
   * Returns the next stretch after an offset: from the window if it reaches back that far, else from the log.
   * `overhead`: bytes that each selected event counts in addition to its frame.
   */
  eventsAfter(selection: Selection, after: number, overhead = 0): Stretch | Promise<Stretch | "gone"> {
    const { window } = this.#source;
    const scan = (last: number, at: (offset: number) => KeptEvent | undefined) =>
      this.#scan({ selection, overhead }, after, last, at);
    if (after + 1 >= window.first) return scan(window.last, (offset) => window.at(offset));
    const scanPage = (page: Page | "gone") => {
      if (page === "gone" || page.events.length === 0) return "gone";
      const last = page.first + page.events.length - 1;
      const stretch = scan(last, (offset) => page.events[offset - page.first]);
      if (stretch.through === last && this.#isAlone) this.#pages.drop(page);
      return stretch;
    };
    const page = this.#pages.get(after);
    return page instanceof Promise ? page.then(scanPage) : (scanPage(page) as Stretch);
  }

  /** Drops the steps and pages kept for other subscribers. */
  forget(): void {
    this.#pages.clear();
    this.#steps.clear();
  }

  /** Drops everything, pending reads too: the log began a new life. */
  reset(): void {
    this.#pages.reset();
    this.#steps.clear();
  }

  /** True if no other subscriber can need the same steps and pages. */
  get #isAlone(): boolean {
    return this.#source.readers === 1;
  }

  #scan(
    { selection, overhead }: Pick<CohortKey, "selection" | "overhead">,
    after: number,
    last: number,
    at: (offset: number) => KeptEvent | undefined,
  ): Stretch {
    const events: KeptEvent[] = [];
    const { flushed, batchBytes, onFilterError } = this.#source;
    const limit = Math.min(last, flushed, after + STRETCH_EVENTS);
    let bytes = 0;
    let through = after;
    while (through < limit && bytes < batchBytes) {
      const event = at(through + 1);
      // A filter may publish, and so trim this event. The next read reports it as gone.
      if (event === undefined) break;
      if (bytes > 0 && event.entry.more && mustStartBatch({ event, bytes, limit: batchBytes, at })) break;
      through++;
      if (!selects(selection, event, onFilterError)) continue;
      events.push(event);
      bytes += event.frameSize + overhead;
    }
    return { events, through };
  }

  #step(cohort: CohortKey, after: number, stretch: Stretch, epoch: string): Step {
    const step = cohort.stepOf(stretch);
    // A step of an earlier life must not be shared.
    if (epoch === this.#source.epoch && !this.#isAlone) this.#steps.set(cohort, after, step);
    return step;
  }
}
