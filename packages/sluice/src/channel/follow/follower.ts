import { formatPosition } from "../../base/position.ts";
import type { Cohort } from "../deliver/cohort.ts";
import type { Delivery } from "../deliver/delivery.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import type { Selection } from "../event/selection.ts";
import { afterGap, type StartPoint } from "../read/start-point.ts";

/** Every event, whatever its topics. */
export const EVERYTHING: Selection = { key: '["*",null,null]', topics: "*", types: undefined, filter: undefined };

/** A place in a channel that is no stream: for those who follow it at their own pace. Nothing is queued for them. */
export class Follower {
  readonly #delivery: Delivery;
  readonly #cohort: Cohort;
  /** The life of the log that its place is in. */
  #epoch: string;
  /** Offset up to which it has been given everything. */
  #after: number;
  #stopped = false;
  #wake: (() => void) | undefined;

  /** Begins with what comes. */
  constructor(delivery: Delivery, selection: Selection) {
    this.#delivery = delivery;
    this.#cohort = delivery.cohorts.join(selection);
    this.#epoch = delivery.epoch;
    this.#after = delivery.window.last;
  }

  get after(): number {
    return this.#after;
  }

  /** Goes on after an offset of a life of the log. */
  goTo({ epoch, after }: Omit<StartPoint, "gap">): void {
    this.#epoch = epoch;
    this.#after = after;
  }

  /**
   * What follows, as soon as there is some; `undefined` once it was stopped, or has everything of a channel that is closed. Where what follows
   * is gone: the gap, after which it goes on.
   */
  async next(): Promise<readonly KeptEvent[] | StartPoint | undefined> {
    const delivery = this.#delivery;
    while (!this.#stopped) {
      const { epoch, window } = delivery;
      // A log that is closed cannot be read any more.
      if (delivery.closed && this.#after + 1 < window.first) return undefined;
      if (!this.#isSound()) return this.#beginAgain("other-epoch");
      this.#epoch = epoch;
      const found = await delivery.reader.eventsAfter(this.#cohort, this.#after);
      if (this.#stopped) return undefined;
      // What was read in an earlier life may be lost in this one.
      if (epoch !== delivery.epoch) continue;
      if (found === "gone") return this.#beginAgain("trimmed");
      this.#after = found.through;
      if (found.events.length > 0) return found.events;
      if (this.#after < delivery.flushed) continue;
      if (delivery.closed) return undefined;
      await this.#untilMore();
    }
    return undefined;
  }

  /** Also one that waits. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#delivery.cohorts.leave(this.#cohort);
    this.#wake?.();
  }

  #beginAgain(reason: "other-epoch" | "trimmed"): StartPoint {
    const point = afterGap(this.#delivery, reason, formatPosition({ epoch: this.#epoch, offset: this.#after }));
    this.goTo(point);
    return point;
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
