import type { Cohort } from "./cohort.ts";
import type { Delivery } from "./delivery.ts";
import type { KeptEvent } from "./kept-event.ts";
import type { Selection } from "./selection.ts";

/** Every event, whatever its topics. */
export const EVERYTHING: Selection = { key: '["*",null,null]', topics: "*", types: undefined, filter: undefined };

/** A walk goes on after this offset, with nothing of what it was given before still being sure. */
export interface Interruption {
  readonly resumesAfter: number;
}

/** A place in a channel that is no stream: for parts of this process that follow a channel as it is, entry by entry. */
export class Walk {
  readonly #delivery: Delivery;
  readonly #cohort: Cohort;
  #epoch: string;
  /** Offset up to which it has been given everything. */
  #after: number;
  #stopped = false;
  #wake: (() => void) | undefined;

  /** Begins after an offset. */
  constructor(delivery: Delivery, selection: Selection, after: number) {
    this.#delivery = delivery;
    this.#cohort = delivery.cohorts.join(selection);
    this.#epoch = delivery.epoch;
    this.#after = after;
  }

  get after(): number {
    return this.#after;
  }

  /** What follows, as soon as there is some; `undefined` once it was stopped, or the channel is closed. */
  async next(): Promise<readonly KeptEvent[] | Interruption | undefined> {
    const delivery = this.#delivery;
    while (!this.#stopped && !delivery.closed) {
      if (!this.#isSound()) return this.#beginAgain();
      const { epoch } = delivery;
      this.#epoch = epoch;
      const found = await delivery.reader.eventsAfter(this.#cohort, this.#after);
      if (this.#stopped) return undefined;
      // What was read in an earlier life may be lost in this one.
      if (epoch !== delivery.epoch) continue;
      if (found === "gone") return this.#beginAgain();
      this.#after = found.through;
      if (found.events.length > 0) return found.events;
      if (this.#after >= delivery.flushed) await this.#untilMore();
    }
    return undefined;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#delivery.cohorts.leave(this.#cohort);
    this.#wake?.();
  }

  #beginAgain(): Interruption {
    const { epoch, log } = this.#delivery;
    this.#epoch = epoch;
    this.#after = log.first - 1;
    return { resumesAfter: this.#after };
  }

  /** Whether its place means in this life of the log what it meant when it came there. */
  #isSound(): boolean {
    const { epoch, log } = this.#delivery;
    return this.#epoch === epoch || (log.holds(this.#epoch) ?? -1) >= this.#after;
  }

  #untilMore(): Promise<void> {
    const { waiting } = this.#delivery;
    return new Promise((resolve) => {
      this.#wake = () => {
        waiting.delete(this.#wake!);
        this.#wake = undefined;
        resolve();
      };
      waiting.add(this.#wake);
    });
  }
}
