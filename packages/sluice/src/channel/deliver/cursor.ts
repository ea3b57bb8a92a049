import { ignore } from "../../base/errors/guard.ts";
import { formatPosition } from "../../base/position.ts";
import { RECONNECT_MS } from "../../stream/ending/end-streams.ts";
import type { Feed, FeedContext, FeedTarget } from "../../stream/feed.ts";
import { beginningOf } from "../read/beginning.ts";
import type { Step } from "../read/lagging/step.ts";
import { type LossReason, lossReason } from "../read/left-life.ts";
import { type Initial, offerSnapshot, type SnapshotOffer } from "../read/snapshot.ts";
import { type From, findStartPoint, type StartPoint, startAfterGap } from "../read/start-point.ts";
import type { SubscriptionSettings } from "../subscribe-options.ts";
import { type CohortKind, writeText } from "./cohort.ts";
import { CursorPosition } from "./cursor-position.ts";
import type { Delivery } from "./delivery.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";

/** Maximum number of pieces a cursor writes before other cursors get a turn. */
const PIECES_PER_RUN = 4;

/**
 * One subscriber's cursor in a channel. Replay, resume and slow readers are one mechanism: a cursor that lags moves on
 * as fast as its socket takes bytes. A cursor that has everything is live, and its cohort writes to it. The cohort
 * decides whether the output goes to a stream of its own, or to a part of a combined stream.
 */
export class Cursor extends CursorPosition implements Feed {
  // Not the settings as a whole: the cohort has their selection, and thousands of subscribers need not keep it.
  readonly #from: From;
  readonly #initial: Initial | undefined;
  readonly #context: FeedContext;
  /** True while a read, a snapshot or the run queue will move the cursor on. */
  #busy = true;
  /** True once the start point is known. */
  #begun = false;
  #snapshot: SnapshotWriter | undefined;
  /** Changes when pending work becomes obsolete: the log began a new life, or the stream ended. */
  #generation = 0;

  constructor(
    delivery: Delivery,
    { selection, from, initial }: SubscriptionSettings,
    context: FeedContext,
    kind?: CohortKind,
  ) {
    super(delivery, selection, kind);
    this.#from = from;
    this.#initial = initial;
    this.#context = context;
    if (typeof initial === "function") context.keepCaller?.();
  }

  start(target: FeedTarget, opening: string): void {
    this.target = target;
    if (this.delivery.liveLog.closed) {
      // The channel was defined again while the request was being answered.
      if (opening !== "") writeText(target, `${opening}\n`);
      return target.close("drained", RECONNECT_MS);
    }
    this.#findStart(opening);
    // Most cursors are live by now. To add and remove each of them would leave garbage in the set.
    if (!this.isLive && !target.ended) this.delivery.addLagging(this);
  }

  drained(): void {
    this.#snapshot?.drained();
    this.#goOn();
  }

  flush(): void {
    if (!this.delivery.liveLog.closed) this.delivery.liveLog.flush();
  }

  stop(): void {
    this.#generation++;
    if (this.isLive) this.leaveLive();
    else this.delivery.removeLagging(this);
    this.delivery.cohorts.leave(this, this.cohort);
    this.#snapshot?.stop();
  }

  override fallBehind(): void {
    if (!this.isLive) return;
    this.stepBack();
    this.target.block();
  }

  override stepBack(): void {
    if (!this.isLive) return;
    this.after = this.cohort.reached(this.delivery.liveLog);
    this.leaveLive();
    this.delivery.addLagging(this);
    this.#busy = false;
  }

  override resume(kept: number | undefined, reason: LossReason): void {
    if (this.target.ended) return;
    if (kept === undefined || (this.#begun && this.after <= kept)) return this.#goOn();
    this.#generation++;
    if (!this.#begun) return;
    this.#busy = true;
    this.#begin(startAfterGap(this.delivery.liveLog, reason, formatPosition(this.lastSent)), "", false);
  }

  #findStart(opening: string): void {
    const { lastEventId, isForeign } = this.#context;
    const { liveLog } = this.delivery;
    // Events that were published before this subscriber arrived must not count as new.
    liveLog.flush();
    const { selection } = this.cohort;
    const generation = this.#generation;
    const found = findStartPoint(liveLog, { lastEventId, isForeign, from: this.#from, selection });
    const isFresh = lastEventId === undefined;
    if (!(found instanceof Promise)) return this.#begin(found, opening, isFresh);
    if (opening !== "") writeText(this.target, `${opening}\n`);
    found
      .then((start) => {
        if (generation === this.#generation) this.#begin(start, "", isFresh);
        // The start point is of an earlier life, and may mean nothing in the new life.
        else if (!this.target.ended) this.#findStart("");
      })
      .catch((error) => this.#fail(error, "log"));
  }

  /** Writes the gap or the position, then the snapshot, then moves on. `opening`: first lines of the first block. */
  #begin(start: StartPoint, opening: string, isFresh: boolean): void {
    const { liveLog, hub, gapEvent } = this.delivery;
    this.#begun = true;
    const offer = offerSnapshot(liveLog, this.#initial);
    const beginning = beginningOf(start, isFresh, offer);
    const { gap, snapshot, position } = beginning;
    this.after = position.offset;
    this.lastSent = position;
    if (gap !== undefined) hub.counts.gaps++;
    this.cohort.begin(this.target, { ...beginning, opening, gapEvent });
    if (snapshot === undefined) this.#run();
    else this.#writeSnapshot(snapshot).catch((error) => this.#fail(error, "initial"));
  }

  /**
   * Writes a snapshot, whose events have no IDs, and then the position. A subscriber that is cut before the position
   * gets the whole snapshot again.
   */
  async #writeSnapshot(offer: SnapshotOffer): Promise<void> {
    this.#busy = true;
    // A snapshot of an earlier life is obsolete.
    this.#snapshot?.stop();
    const { cohort } = this;
    const writer = new SnapshotWriter(this.delivery, { target: this.target, cohort, context: this.#context });
    this.#snapshot = writer;
    const isWritten = await writer.write(offer);
    if (!isWritten || this.#snapshot !== writer) return;
    this.#snapshot = undefined;
    this.cohort.writePosition(this.target, offer.position);
    this.#run();
  }

  /** Moves on, unless pending work will do it. */
  #goOn(): void {
    if (!this.#busy && !this.isLive) this.#run();
  }

  /**
   * Writes until the socket is full, every event is written, or other cursors should get a turn. `pieces`: number of
   * pieces that this cursor has written in this turn, because the log may answer in the same turn.
   */
  #run(pieces = 0): void {
    this.#busy = false;
    const { liveLog, runQueue } = this.delivery;
    while (!this.target.ended && this.target.writable) {
      if (liveLog.flushing || pieces === PIECES_PER_RUN) {
        this.#busy = true;
        return runQueue.add(this.#inThisLife(() => this.#run()));
      }
      if (this.after === liveLog.flushed) return this.becomeLive();
      // Within the call below, the log may notice a trim or a new life. It then resumes the lagging cursors.
      const generation = this.#generation;
      const { epoch } = liveLog;
      this.#busy = true;
      const step = liveLog.reader.next(this.cohort, this.after);
      const hasBegunAnew = generation !== this.#generation;
      if (hasBegunAnew || epoch !== liveLog.epoch) {
        // The entries of the step are obsolete.
        if (step instanceof Promise) step.catch(ignore);
        if (hasBegunAnew) return;
        // A cursor that starts is not in the set of lagging cursors yet.
        if (!liveLog.holds({ epoch, offset: this.after })) return this.resume(-1, lossReason(liveLog.log, epoch));
        this.#busy = false;
        continue;
      }
      this.#busy = false;
      if (step instanceof Promise) return this.#await(step, pieces);
      if (step === "gone") return this.#reportTrimmed();
      this.#take(step);
      pieces++;
    }
  }

  #await(step: Promise<Step | "gone">, pieces: number): void {
    this.#busy = true;
    const { liveLog } = this.delivery;
    const { epoch } = liveLog;
    const go = this.#inThisLife((read: Step | "gone"): void => {
      // The offset still holds in the new life, but the entries that were read may be lost.
      if (epoch !== liveLog.epoch) return this.#run();
      if (read === "gone") return this.#reportTrimmed();
      const isHeld = this.target.writable ? undefined : this.target.hold?.(() => go(read));
      if (isHeld !== undefined) return void (this.#busy = isHeld);
      this.#take(read);
      this.#run(pieces + 1);
    });
    step.then(go).catch((error) => this.#fail(error, "log"));
  }

  #take(step: Step): void {
    this.after = step.through;
    if (step.lastSent !== undefined) this.lastSent = step.lastSent;
    this.cohort.writeStep(this.target, step, this.delivery.liveLog.epoch);
  }

  #reportTrimmed(): void {
    const lastEventId = formatPosition(this.lastSent);
    this.#begin(startAfterGap(this.delivery.liveLog, "trimmed", lastEventId), "", false);
  }

  #fail(error: unknown, stage: string): void {
    if (this.target.ended) return;
    this.delivery.report(error, stage);
    this.target.close("error");
  }

  /** Returns a function that calls `work`, unless the log has begun a new life or the stream has ended by then. */
  #inThisLife<Args extends unknown[]>(work: (...args: Args) => void): (...args: Args) => void {
    const generation = this.#generation;
    return (...args) => {
      if (generation === this.#generation) work(...args);
    };
  }
}
