import { concatBytes } from "../../protocol/bytes.ts";
import { Piece } from "../../stream/body/piece.ts";
import { type Cohort, NOTHING_TOLD, type Told } from "../deliver/cohort.ts";
import type { Delivery } from "../deliver/delivery.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import { selects } from "../event/selection.ts";
import { LogPages, type Page } from "./log-pages.ts";
import { StepCache } from "./step-cache.ts";

/** A stretch of the log as one cohort sees it: the events that it selects. */
export interface Stretch {
  readonly events: readonly KeptEvent[];
  /** Offset of the last event in the stretch, selected or not. */
  readonly through: number;
}

/** A stretch as bytes, ready for many sockets. */
export interface Step {
  /** Absent when nothing in the stretch is selected. */
  readonly piece: Piece | undefined;
  /** The last event in the piece. */
  readonly told: Told;
  readonly through: number;
}

/** Events looked at in one stretch, so that a cursor for which there is nothing does not keep the event loop. */
const STRETCH_EVENTS = 4_096;

/** Reads on for those who are behind, a step at a time; those who are at the same place share what it reads and makes. */
export class Reader {
  readonly #delivery: Delivery;
  readonly #pages: LogPages;
  readonly #steps: StepCache = new StepCache();

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
    this.#pages = new LogPages(delivery.log);
  }

  /** The next stretch after an offset for a cohort, ready to write; `"gone"` when the log no longer has it. */
  next(cohort: Cohort, after: number): Step | "gone" | Promise<Step | "gone"> {
    const cached = this.#steps.get(cohort, after);
    if (cached !== undefined) return cached;
    const { epoch } = this.#delivery;
    const found = this.eventsAfter(cohort, after);
    if (!(found instanceof Promise)) return this.#step(cohort, after, found, epoch);
    return found.then((read) => (read === "gone" ? "gone" : this.#step(cohort, after, read, epoch)));
  }

  /** The same as events: from the window where it reaches back that far, else from the log. */
  eventsAfter(cohort: Cohort, after: number): Stretch | Promise<Stretch | "gone"> {
    const { window } = this.#delivery;
    if (after + 1 >= window.first) return this.#scan(cohort, after, window.last, (offset) => window.at(offset));
    const scanPage = (page: Page | "gone") => {
      if (page === "gone" || page.events.length === 0) return "gone";
      const last = page.first + page.events.length - 1;
      return this.#scan(cohort, after, last, (offset) => page.events[offset - page.first]);
    };
    const page = this.#pages.get(after);
    return page instanceof Promise ? page.then(scanPage) : (scanPage(page) as Stretch);
  }

  #scan(cohort: Cohort, after: number, last: number, at: (offset: number) => KeptEvent | undefined): Stretch {
    const events: KeptEvent[] = [];
    const limit = Math.min(last, this.#delivery.flushed, after + STRETCH_EVENTS);
    let bytes = 0;
    let through = after;
    while (through < limit && bytes < this.#delivery.pieceLimit) {
      const event = at(through + 1);
      // Trimmed meanwhile: a filter may publish. Whoever reads on finds out.
      if (event === undefined) break;
      through++;
      if (!selects(cohort.selection, event, this.#delivery.reportFilter)) continue;
      events.push(event);
      bytes += event.frame.length;
    }
    return { events, through };
  }

  #step(cohort: Cohort, after: number, { events, through }: Stretch, epoch: string): Step {
    const step: Step =
      events.length === 0
        ? { piece: undefined, told: NOTHING_TOLD, through }
        : { piece: pieceOf(events), told: lastOf(events), through };
    // What was read in an earlier life is for nobody else.
    if (epoch === this.#delivery.epoch) this.#steps.set(cohort, after, step);
    return step;
  }

  /** Lets go of what is kept for others who may come to the same place. */
  forget(): void {
    this.#pages.clear();
    this.#steps.clear();
  }

  /** The log began a new life. */
  reset(): void {
    this.#pages.reset();
    this.#steps.clear();
  }
}

/** Some events as one piece. */
export function pieceOf(events: readonly KeptEvent[]): Piece {
  const bytes = events.length === 1 ? events[0]!.frame : concatBytes(events.map((event) => event.frame));
  return new Piece(bytes, events.length);
}

/** The last of some events. */
export function lastOf(events: readonly KeptEvent[]): Told {
  const { entry, id } = events[events.length - 1]!;
  return { offset: entry.offset, id };
}
