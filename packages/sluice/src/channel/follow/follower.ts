import { formatPosition, type Position } from "../../base/position.ts";
import type { Cohort } from "../deliver/cohort.ts";
import type { Delivery } from "../deliver/delivery.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import type { Selection } from "../event/selection.ts";
import { type LossReason, lossReason } from "../read/left-life.ts";
import { type StartPoint, startAfterGap } from "../read/start-point.ts";

/** A reader of a channel without a stream, at its own pace. Nothing is queued for it: it keeps a position only. */
export class Follower {
  readonly #delivery: Delivery;
  readonly #cohort: Cohort;
  /** Position after the last event that {@link next} returned or passed over. */
  #position: Position;
  #stopped = false;
  #wake: (() => void) | undefined;

  /** Starts after the newest event. */
  constructor(delivery: Delivery, selection: Selection) {
    this.#delivery = delivery;
    this.#cohort = delivery.cohorts.join(this, selection);
    this.#position = delivery.liveLog.positionAt(delivery.liveLog.window.last);
  }

  get position(): Position {
    return this.#position;
  }

  /** Continues after a position. */
  goTo(position: Position): void {
    this.#position = position;
  }

  /**
   * Resolves to the next events as soon as there are some. Resolves to a start point with a gap if the next event is
   * gone; the follower then continues after the gap. Resolves to `undefined` once {@link stop} was called, or when the
   * channel is closed and every event was returned.
   */
  async next(): Promise<readonly KeptEvent[] | StartPoint | undefined> {
    const { liveLog } = this.#delivery;
    while (!this.#stopped) {
      const { epoch, window } = liveLog;
      const { offset } = this.#position;
      // A closed log cannot be read; only the window is left.
      if (liveLog.closed && offset + 1 < window.first) return undefined;
      if (!liveLog.holds(this.#position)) return this.#reportGap(lossReason(liveLog.log, this.#position.epoch));
      const found = await this.#unlessClosed(() => liveLog.reader.eventsAfter(this.#cohort.selection, offset));
      if (this.#stopped || found === undefined) return undefined;
      // A new life began during the read and may have lost the events.
      if (epoch !== liveLog.epoch) continue;
      if (found === "gone") return this.#reportGap("trimmed");
      this.#position = { epoch, offset: found.through };
      if (found.events.length > 0) return found.events;
      if (found.through < liveLog.flushed) continue;
      if (liveLog.closed) return undefined;
      await this.#untilAdvanced();
    }
    return undefined;
  }

  /** Ends the follower. A pending {@link next} resolves to `undefined`. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#delivery.cohorts.leave(this, this.#cohort);
    this.#delivery.liveLog.closeReaders.delete(this);
    this.#wake?.();
  }

  /** Resolves to `undefined` if the channel closes meanwhile: a closed log fails the reads in flight. */
  async #unlessClosed<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (this.#delivery.liveLog.closed) return undefined;
      throw error;
    }
  }

  #reportGap(reason: LossReason | "trimmed"): Promise<StartPoint | undefined> {
    return this.#unlessClosed(() => {
      const start = startAfterGap(this.#delivery.liveLog, reason, formatPosition(this.#position));
      this.#position = start.position;
      return start;
    });
  }

  #untilAdvanced(): Promise<void> {
    return new Promise((resolve) => {
      const { liveLog } = this.#delivery;
      const stopListening = liveLog.onAdvance(() => {
        liveLog.closeReaders.add(this);
        this.#wake?.();
      });
      liveLog.closeReaders.delete(this);
      this.#wake = () => {
        stopListening();
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
