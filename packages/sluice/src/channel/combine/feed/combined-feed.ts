import { outside } from "../../../base/context/async-context.ts";
import { afterTurn } from "../../../base/time/timers.ts";
import { COMMENT } from "../../../stream/body/heartbeat.ts";
import type { Piece } from "../../../stream/body/piece.ts";
import type { CloseReason } from "../../../stream/close-reason.ts";
import type { Feed, FeedContext, FeedState, FeedTarget, SharedWrites } from "../../../stream/feed.ts";
import { NO_SLOT } from "../../deliver/live-list.ts";
import { FOREIGN, idAround, parseCombinedId, resumedPositions } from "../combined-id.ts";
import type { CombinedGap } from "../event/combined-event.ts";
import type { OpenPart } from "../open-part.ts";
import type { CombinedCohort } from "./combined-cohort.ts";
import { frameGap, frameOpening, framePosition, type Opening } from "./combined-pieces.ts";
import type { PartOwner, SharedSubscriber } from "./contracts.ts";
import type { PartCohort } from "./part-cohort.ts";
import { describeParts, makeParts, stepPartsBack, stopParts } from "./part-list.ts";
import { framePart, lastIdOf, type PartStep } from "./part-step.ts";
import type { PartTarget } from "./part-target.ts";

/**
 * The feed of one stream over several channels, with a cursor for each part. Every ID that it writes has the positions
 * up to which the client has received each part. The combined cohort writes to a subscriber that is live in all parts.
 */
export class CombinedFeed implements Feed, PartOwner, SharedSubscriber {
  slot: number = NO_SLOT;
  target!: FeedTarget;
  readonly parts: readonly PartTarget[];
  readonly #cohort: CombinedCohort;
  #opening: Opening | undefined;
  /** True if a part has a position that no ID has yet. */
  #isPositionDue = false;
  /** The last ID that was written to this stream alone, and the cohort's event count at that time. */
  #lastId = "";
  #lastIdAt = 0;
  /** The cohort's event count when the subscriber became shared. */
  #eventsBefore = 0;
  /** The work of a part that found the stream full. */
  #held: (() => void) | undefined;
  /** Index of the part that writes first when the stream drains next. */
  #first = 0;
  #isWriting = false;
  #isSharingDue = false;

  constructor(cohort: CombinedCohort, parts: readonly OpenPart[], context: FeedContext) {
    this.#cohort = cohort;
    cohort.members++;
    const positions = resumedPositions(context.lastEventId);
    if (positions !== FOREIGN) this.#lastId = context.lastEventId ?? "";
    try {
      this.parts = makeParts(parts, { feed: this, cohort, context, positions });
    } catch (error) {
      cohort.leave();
      throw error;
    }
  }

  start(target: FeedTarget, opening: string): void {
    this.target = target;
    this.#opening = { lines: opening, gaps: [] };
    // No part writes until every part has its start. A client that resumes after an ID without a part begins it anew.
    for (const part of this.parts) {
      part.cursor.start(part, "");
      if (target.ended) return;
    }
    this.#writeOpening(this.#opening);
    this.#goOn();
  }

  drained(): void {
    const held = this.#held;
    this.#held = undefined;
    held?.();
    this.#goOn();
    this.share();
  }

  get shared(): SharedWrites | undefined {
    if (this.slot === NO_SLOT) return undefined;
    return { events: this.#cohort.events - this.#eventsBefore, writtenAt: this.#cohort.writtenAt };
  }

  flush(): void {
    for (const { cursor } of this.parts) cursor.flush();
  }

  /** Sends the position if a channel moved on without an event for the subscriber. */
  heartbeat(): Piece {
    const id = this.#id();
    return id === this.#currentLastId ? COMMENT : this.#pieceAt(id);
  }

  stop(): void {
    stopParts(this.parts);
    this.#cohort.leave();
  }

  describe(): FeedState {
    const state = describeParts(this.parts, this.#currentLastId);
    // A short stream that ended now would not have sent the position after a snapshot.
    return this.#isPositionDue ? { ...state, state: "lagging" } : state;
  }

  fallBehind(): void {
    this.leaveShared();
    this.target.block();
  }

  /** True if a part may write. */
  get writable(): boolean {
    return this.#opening === undefined && this.target.writable;
  }

  /** Writes a piece. If that fills the stream, all parts lag. */
  write(piece: Piece): boolean {
    // A sink that fails within its write may lead here. The order of the events would be wrong: end the stream.
    if (this.#isWriting) this.target.close("error");
    this.#isWriting = true;
    const goesOn = this.target.write(piece);
    this.#isWriting = false;
    if (!goesOn) stepPartsBack(this.parts);
    return goesOn;
  }

  /** Writes events of a part with the positions that the other parts have. */
  writeEvents(index: number, step: PartStep): void {
    const around = idAround(this.parts.length, index, (other) => this.parts[other]!.idPart);
    this.#noteId(lastIdOf(step, around));
    this.write(framePart(step, around));
  }

  /** Writes a gap event of a part. Calls `apply`, which sets the part's position, before it makes the ID. */
  writeGap(type: string, gap: CombinedGap, apply: () => void): void {
    if (this.#opening !== undefined) return void this.#opening.gaps.push(() => this.writeGap(type, gap, apply));
    apply();
    const id = this.#id();
    this.#noteId(id);
    this.write(frameGap(type, id, gap));
  }

  positionIn(name: string): string | undefined {
    return parseCombinedId(this.#currentLastId)?.get(name);
  }

  /** Schedules a write of the position: a part moved on without an event. One write has all moves of a turn. */
  positionDue(): void {
    const isScheduled = this.#isPositionDue;
    this.#isPositionDue = true;
    if (this.#opening === undefined && !isScheduled) outside(() => afterTurn(() => this.#writePosition()));
  }

  hold(work: () => void): boolean {
    if (this.#held !== undefined) return false;
    this.#held = work;
    return true;
  }

  close(reason: CloseReason, retry?: number): void {
    if (this.#opening !== undefined) {
      this.target.write(frameOpening(this.#opening, ""));
      this.#opening = undefined;
    }
    this.target.close(reason, retry);
  }

  /** Makes the subscriber shared if it is live in all parts. */
  share(): void {
    const { parts, target } = this;
    if (this.slot !== NO_SLOT || target.ended || !target.writable || !parts.every(({ isLive }) => isLive)) return;
    const cohorts = parts.map(({ cursor }) => cursor.cohort as PartCohort);
    // In the middle of a flush, this subscriber and the shared ones may have received different batches.
    if (cohorts.some(({ isFlushing }) => isFlushing)) return this.#shareLater();
    for (const [index, cohort] of cohorts.entries()) cohort.share(parts[index]!.cursor);
    this.#cohort.shared.add(this);
    this.#eventsBefore = this.#cohort.events;
  }

  /** Makes all parts lag. They continue in the next turn if the stream is not full. */
  leaveShared(): void {
    if (this.slot === NO_SLOT) return;
    this.target.countEvents(this.#cohort.events - this.#eventsBefore);
    this.#lastId = this.#currentLastId;
    this.#lastIdAt = this.#cohort.events;
    this.#cohort.shared.remove(this);
    if (this.target.ended) return;
    stepPartsBack(this.parts);
    outside(() => afterTurn(() => this.#goOn()));
  }

  #shareLater(): void {
    if (this.#isSharingDue) return;
    this.#isSharingDue = true;
    outside(() =>
      afterTurn(() => {
        this.#isSharingDue = false;
        this.share();
      }),
    );
  }

  /** Lets each part write. Another part is first each time, so that no part keeps the others from writing. */
  #goOn(): void {
    const { parts } = this;
    const first = this.#first;
    this.#first = (first + 1) % parts.length;
    for (let i = 0; i < parts.length && !this.target.ended; i++) parts[(first + i) % parts.length]!.cursor.drained();
  }

  #writeOpening(opening: Opening): void {
    this.#opening = undefined;
    const id = this.#id();
    const hasPosition = opening.gaps.length === 0 && this.#isPositionDue && id !== "";
    if (hasPosition) this.#noteId(id);
    this.write(frameOpening(opening, hasPosition ? id : ""));
    for (const writeGap of opening.gaps) writeGap();
  }

  #writePosition(): void {
    if (this.#isPositionDue && !this.target.ended) this.write(this.#pieceAt(this.#id()));
  }

  /** Returns a piece that gives the client the position `id`. */
  #pieceAt(id: string): Piece {
    this.#noteId(id);
    return framePosition(id);
  }

  /** Records an ID that is written to this stream. */
  #noteId(id: string): void {
    this.#lastId = id;
    this.#lastIdAt = this.#cohort.events;
    this.#isPositionDue = false;
  }

  /** Returns the ID with the current position of every part. */
  #id(): string {
    if (this.slot !== NO_SLOT) return this.#cohort.id;
    return this.parts.flatMap(({ idPart }) => idPart ?? []).join("~");
  }

  /** The last ID that was written to the client; `""` if none. */
  get #currentLastId(): string {
    const isShared = this.slot !== NO_SLOT && this.#cohort.events > this.#lastIdAt;
    return isShared ? this.#cohort.lastId : this.#lastId;
  }
}
