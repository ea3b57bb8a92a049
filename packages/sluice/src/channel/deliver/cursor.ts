import { toBytes } from "../../protocol/bytes.ts";
import { COMMENT } from "../../stream/body/heartbeat.ts";
import { Piece } from "../../stream/body/piece.ts";
import type { Feed, FeedState, FeedTarget, SharedWrites, SourceContext } from "../../stream/feed.ts";
import { itemText } from "../../stream/source/item-text.ts";
import { gapText } from "../event/gap.ts";
import { KeptEvent } from "../event/kept-event.ts";
import type { Selection } from "../event/selection.ts";
import type { Step } from "../read/reader.ts";
import { type Initial, snapshotEvents } from "../read/snapshot.ts";
import { afterGap, type From, findStartPoint, type StartPoint } from "../read/start-point.ts";
import { type Cohort, NOTHING_TOLD, type Told } from "./cohort.ts";
import type { Delivery } from "./delivery.ts";

/** What a cursor is opened with. */
export interface CursorSetup {
  readonly selection: Selection;
  readonly from: From;
  readonly initial: Initial | undefined;
}

/** Pieces written before others get their turn. */
const PIECES_PER_RUN = 4;

/** Not in the live list. */
const NOWHERE = -1;

/**
 * One subscriber's place in a channel. Replay, resume and a slow reader are the same thing: a cursor that is behind, and is
 * moved on as fast as its socket takes bytes. Once it has everything it is live: part of its cohort, without a place of its own.
 */
export class Cursor implements Feed {
  readonly cohort: Cohort;
  target!: FeedTarget;
  /** Index in the cohort's live list; only for {@link Delivery}. */
  place: number = NOWHERE;
  readonly #delivery: Delivery;
  // Not the whole setup: its selection is the cohort's already, and need not be kept once for each subscriber.
  readonly #from: From;
  readonly #initial: Initial | undefined;
  readonly #context: SourceContext;
  /** Offset up to which it has been written everything; while it is live, that is what the channel has flushed. */
  #after = 0;
  #told: Told = NOTHING_TOLD;
  /** Whether something is under way that will move it on: a read, a snapshot, a place in the run queue. */
  #busy = true;
  /** Whether it has found where it begins. */
  #begun = false;
  /** Events of the cohort that were before it was live. */
  #eventsBefore = 0;
  #wake: (() => void) | undefined;
  /** Counts the lives of the log it has seen, so that what was begun in an earlier one is dropped. */
  #life = 0;

  constructor(delivery: Delivery, setup: CursorSetup, context: SourceContext) {
    this.#delivery = delivery;
    this.#from = setup.from;
    this.#initial = setup.initial;
    this.#context = context;
    this.cohort = delivery.cohorts.join(setup.selection);
  }

  /** The client's last event ID as it should be now. */
  get lastEventId(): string {
    return this.#toldNow.id;
  }

  /** Offset up to which it has been written everything. */
  get reached(): number {
    return this.place === NOWHERE ? this.#after : this.#delivery.flushed;
  }

  start(target: FeedTarget, opening: string): void {
    this.target = target;
    this.#findStart(opening);
    // Most are live by now. A set that each of them came into and left would be garbage for each.
    if (this.place === NOWHERE && !target.ended) this.#delivery.lagging.add(this);
  }

  #findStart(opening: string): void {
    const { lastEventId } = this.#context;
    // What was published before this subscriber came must not count as coming after it.
    this.#delivery.flush();
    const found = findStartPoint(this.#delivery, lastEventId, this.#from);
    if (!(found instanceof Promise)) return this.#begin(found, opening, lastEventId === undefined);
    if (opening !== "") this.#write(`${opening}\n`, 0);
    const life = this.#life;
    found
      .then((point) => {
        if (this.target.ended) return;
        // What was found in an earlier life of the log may mean nothing in this one.
        if (this.#stillIn(life)) this.#begin(point, "", lastEventId === undefined);
        else this.#findStart("");
      })
      .catch((error) => this.#fail(error, "log"));
  }

  get shared(): SharedWrites | undefined {
    if (this.place === NOWHERE) return undefined;
    return { events: this.cohort.events - this.#eventsBefore, writtenAt: this.cohort.writtenAt };
  }

  /** What was published before the end is still to be written. */
  flush(): void {
    this.#delivery.flush();
  }

  drained(): void {
    this.#wake?.();
    this.goOn();
  }

  /** Moves on, unless something is under way that will. */
  goOn(): void {
    if (!this.#busy && this.place === NOWHERE) this.#run();
  }

  stop(): void {
    const delivery = this.#delivery;
    this.#life++;
    if (this.place === NOWHERE) delivery.caughtUp(this);
    else this.#leaveLive();
    delivery.cohorts.leave(this.cohort);
    this.#wake?.();
  }

  /** Sends its position where the channel has moved on without an event for it, so that the position never falls out of the log. */
  heartbeat(): Piece {
    const { reached } = this;
    if (reached <= this.#toldNow.offset) return COMMENT;
    this.#told = this.#delivery.position(reached);
    return new Piece(toBytes(`id: ${this.#told.id}\n\n`), 0);
  }

  describe(): FeedState {
    const { topics } = this.cohort.selection;
    return {
      channel: this.#delivery.channel,
      topics: topics === "*" ? "*" : [...topics],
      state: this.place === NOWHERE ? "lagging" : "live",
      lastEventId: this.lastEventId,
    };
  }

  /** The socket is full. */
  fallBehind(): void {
    if (this.place === NOWHERE) return;
    this.stepBack();
    this.target.block();
  }

  /** From now on it has a place of its own. */
  stepBack(): void {
    if (this.place === NOWHERE) return;
    this.#after = this.#delivery.flushed;
    this.#leaveLive();
    this.#delivery.lagging.add(this);
    this.#busy = false;
  }

  /** The log began a new life. With a lost event ID, its place means nothing in that; else it goes on from there. */
  logReset(lostEventId: string | undefined): void {
    if (!this.#begun) {
      this.#life++;
      return;
    }
    if (lostEventId === undefined) return this.goOn();
    this.#life++;
    this.#busy = true;
    this.#begin(afterGap(this.#delivery, "other-epoch", lostEventId), "", false);
  }

  /**
   * Moves on until the socket is full, everything is written, or others should have their turn. `pieces`: written in this turn already. A log may
   * answer at once, in the same turn.
   */
  #run(pieces = 0): void {
    this.#busy = false;
    const delivery = this.#delivery;
    while (!this.target.ended && this.target.writable) {
      if (delivery.flushing || pieces === PIECES_PER_RUN) return this.#takeTurn();
      if (this.#after === delivery.flushed) {
        this.#eventsBefore = this.cohort.events;
        return delivery.join(this);
      }
      const step = delivery.reader.next(this.cohort, this.#after);
      if (step instanceof Promise) return this.#await(step, pieces);
      if (step === "gone") return this.#tellTrimmed();
      this.#take(step);
      pieces++;
    }
  }

  #takeTurn(): void {
    this.#busy = true;
    const life = this.#life;
    this.#delivery.runQueue.add(() => {
      // What it waited to do in an earlier life of the log is done, or under way, otherwise.
      if (this.#stillIn(life)) this.#run();
    });
  }

  #await(step: Promise<Step | "gone">, pieces: number): void {
    this.#busy = true;
    const life = this.#life;
    const { epoch } = this.#delivery;
    step
      .then((read) => {
        if (!this.#stillIn(life)) return;
        // Its place holds, but what was read may be lost by now.
        if (epoch !== this.#delivery.epoch) this.#run();
        else if (read === "gone") this.#tellTrimmed();
        else {
          this.#take(read);
          this.#run(pieces + 1);
        }
      })
      .catch((error) => this.#fail(error, "log"));
  }

  #take({ piece, told, through }: Step): void {
    this.#after = through;
    if (piece === undefined) return;
    this.#told = told;
    this.target.write(piece);
  }

  #leaveLive(): void {
    this.target.countEvents(this.shared?.events ?? 0);
    this.#told = this.#toldNow;
    this.#delivery.leave(this);
  }

  /** Says where the stream goes on, and goes on from there. `opening` is the first lines of the first block, if it is still open. */
  #begin(point: StartPoint, opening: string, isFresh: boolean): void {
    this.#begun = true;
    const delivery = this.#delivery;
    const initial = this.#initial;
    const withSnapshot = initial !== undefined && (isFresh || point.gap !== undefined);
    // Taken before the snapshot is made: what happens meanwhile comes after it. What is not flushed yet is in the snapshot.
    if (withSnapshot) delivery.flush();
    this.#after = withSnapshot ? delivery.flushed : point.after;
    this.#told = delivery.position(this.#after);
    const position = this.#told.id;
    let text = opening;
    if (point.gap !== undefined) {
      delivery.hub.countGap();
      text += (opening && "\n") + gapText({ ...point.gap, resumesAfter: position }, delivery.gapEvent, withSnapshot);
    } else if (withSnapshot) text += opening && "\n";
    else text += `id: ${position}\n\n`;
    if (text !== "") this.#write(text, 0);
    if (withSnapshot) this.#writeSnapshot(initial, position).catch((error) => this.#fail(error, "initial"));
    else this.#run();
  }

  #tellTrimmed(): void {
    this.#begin(afterGap(this.#delivery, "trimmed", this.lastEventId), "", false);
  }

  /** The snapshot's events have no ID; the position comes after the last of them, so that a cut on the way means all of it again. */
  async #writeSnapshot(initial: Initial, position: string): Promise<void> {
    this.#busy = true;
    const life = this.#life;
    const limit = this.#delivery.pieceLimit;
    let text = "";
    let events = 0;
    const { selection } = this.cohort;
    for await (const event of snapshotEvents(this.#delivery, selection, initial, this.#context, this.#after)) {
      if (!this.#stillIn(life)) return;
      text += event instanceof KeptEvent ? event.blockWithoutId : itemText(event, undefined);
      events++;
      if (text.length < limit) continue;
      this.#write(text, events);
      text = "";
      events = 0;
      if (!this.target.writable) await this.#untilDrained();
      if (!this.#stillIn(life)) return;
    }
    if (!this.#stillIn(life)) return;
    this.#write(`${text}id: ${position}\n\n`, events);
    this.#run();
  }

  #untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #write(text: string, events: number): void {
    this.target.write(new Piece(toBytes(text), events));
  }

  #fail(error: unknown, stage: string): void {
    if (this.target.ended) return;
    this.#delivery.report(error, stage);
    this.target.close("error");
  }

  #stillIn(life: number): boolean {
    return life === this.#life;
  }

  get #toldNow(): Told {
    const { told } = this.cohort;
    return this.place === NOWHERE || told.offset <= this.#told.offset ? this.#told : told;
  }
}
