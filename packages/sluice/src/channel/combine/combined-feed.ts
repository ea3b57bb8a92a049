import { outside } from "../../base/context/async-context.ts";
import { afterTurn } from "../../base/time/timers.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { encodeEvent } from "../../protocol/encode-event.ts";
import { COMMENT } from "../../stream/body/heartbeat.ts";
import { Piece } from "../../stream/body/piece.ts";
import type { CloseReason } from "../../stream/close-reason.ts";
import type { Feed, FeedContext, FeedState, FeedTarget, SharedWrites } from "../../stream/feed.ts";
import { NO_SLOT } from "../deliver/live-list.ts";
import type { CombinedCohort } from "./combined-cohort.ts";
import type { CombinedGap } from "./combined-event.ts";
import { idAround, parseCombinedId } from "./combined-id.ts";
import type { PartOwner, SharedSubscriber } from "./contracts.ts";
import type { OpenPart } from "./open-part.ts";
import type { PartCohort } from "./part-cohort.ts";
import { FOREIGN, PartContext, resumedPositions } from "./part-context.ts";
import { framePart, lastIdOf, type PartStep } from "./part-step.ts";
import { PartTarget } from "./part-target.ts";

/**
 * Feeds one stream from several channels: a cursor for each part. Every ID that it writes has the positions up to
 * which the client has received each part. If a subscriber is live in all parts, its combined cohort writes to it.
 */
export class CombinedFeed implements Feed, PartOwner, SharedSubscriber {
  slot: number = NO_SLOT;
  target!: FeedTarget;
  readonly parts: readonly PartTarget[];
  readonly #cohort: CombinedCohort;
  /** First lines of the stream, until all parts have begun. */
  #opening: string | undefined;
  /** The gaps of parts that have begun, while others have not. */
  #gaps: (() => void)[] | undefined;
  /** True if a part has a position that no ID has yet. */
  #isPositionDue = false;
  /** The last ID that was written to this stream alone, and the cohort's event count at that time. */
  #lastId = "";
  #lastIdAt = 0;
  /** The cohort's event count when the subscriber became shared. */
  #eventsBefore = 0;
  /** Work of a part that found the stream full. */
  #held: (() => void) | undefined;
  /** The part that begins when the stream drains next. */
  #first = 0;
  #isWriting = false;
  #isSharingDue = false;

  constructor(cohort: CombinedCohort, parts: readonly OpenPart[], context: FeedContext) {
    this.#cohort = cohort;
    cohort.members++;
    const made: PartTarget[] = [];
    this.parts = made;
    const { lastEventId } = context;
    const positions = resumedPositions(lastEventId);
    if (positions !== FOREIGN) this.#lastId = lastEventId ?? "";
    try {
      for (const [index, { name, channel, settings }] of parts.entries()) {
        const resumed = positions === FOREIGN ? FOREIGN : positions.get(name);
        const target = new PartTarget({ feed: this, index, resumed });
        const partContext = lastEventId === undefined ? context : new PartContext(context, resumed);
        target.cursor = channel.feed(settings, partContext, cohort.kindOf(index, channel.liveLog));
        made.push(target);
      }
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  start(target: FeedTarget, opening: string): void {
    this.target = target;
    this.#opening = opening;
    this.#gaps = [];
    // No part writes before each has its start: an ID without one of them would let it begin anew.
    for (const part of this.parts) {
      part.cursor.start(part, "");
      if (target.ended) return;
    }
    this.#writeOpening(this.#gaps);
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
    return id === this.#currentLastId ? COMMENT : this.#positionOf(id);
  }

  stop(): void {
    for (const { cursor } of this.parts) cursor.stop();
    this.#cohort.leave();
  }

  describe(): FeedState {
    const states = this.parts.map(({ cursor }) => cursor.describe());
    const topics = states.map((state) => state.topics);
    const lastEventId = this.#currentLastId;
    return {
      channels: [...new Set(states.map(({ channel }) => channel as string))],
      topics: topics.includes("*") ? "*" : [...new Set(topics.flatMap((named) => named ?? []))],
      state: this.parts.every(({ isLive }) => isLive) ? "live" : "lagging",
      ...(lastEventId !== "" && { lastEventId }),
    };
  }

  fallBehind(): void {
    this.leaveShared();
    this.target.block();
  }

  /** True if a part may write. */
  get writable(): boolean {
    return this.#opening === undefined && this.target.writable;
  }

  /** Writes a piece. If the stream is full then, no part is live any more. */
  write(piece: Piece): boolean {
    // A failing sink may have led here from within its write. No order could be right now.
    if (this.#isWriting) this.target.close("error");
    this.#isWriting = true;
    const goesOn = this.target.write(piece);
    this.#isWriting = false;
    if (!goesOn) this.#stepBack();
    return goesOn;
  }

  /** Writes events of a part with the positions that the other parts have. */
  writeEvents(index: number, step: PartStep): void {
    const around = idAround(this.parts.length, index, (other) => this.parts[other]!.idPart);
    this.#noteId(lastIdOf(step, around));
    this.write(framePart(step, around));
  }

  /** Writes a gap event of a part. `apply` sets the part's position before its ID is made. */
  writeGap(type: string, gap: CombinedGap, apply: () => void): void {
    if (this.#opening !== undefined) return void this.#gaps?.push(() => this.writeGap(type, gap, apply));
    apply();
    const id = this.#id();
    this.#noteId(id);
    this.write(new Piece(toBytes(encodeEvent({ event: type, id, data: JSON.stringify(gap) })), 0));
  }

  positionIn(name: string): string | undefined {
    return parseCombinedId(this.#currentLastId)?.get(name);
  }

  /** A part has a new position without an event. The positions of one turn are written together. */
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
      this.target.write(new Piece(toBytes(`${this.#opening}\n`), 0));
      this.#opening = undefined;
    }
    this.target.close(reason, retry);
  }

  /** Makes the subscriber shared if it is live in all parts. */
  share(): void {
    const { parts, target } = this;
    if (this.slot !== NO_SLOT || target.ended || !target.writable || !parts.every(({ isLive }) => isLive)) return;
    const cohorts = parts.map(({ cursor }) => cursor.cohort as PartCohort);
    // In the middle of a flush, it may still have to receive a batch that others have, or the other way round.
    if (cohorts.some(({ isFlushing }) => isFlushing)) return this.#shareLater();
    for (const [index, cohort] of cohorts.entries()) cohort.share(parts[index]!.cursor);
    this.#cohort.shared.add(this);
    this.#eventsBefore = this.#cohort.events;
  }

  /** Makes all parts lag. They go on by themselves if the stream is not full. */
  leaveShared(): void {
    if (this.slot === NO_SLOT) return;
    this.target.countEvents(this.#cohort.events - this.#eventsBefore);
    this.#lastId = this.#currentLastId;
    this.#lastIdAt = this.#cohort.events;
    this.#cohort.shared.remove(this);
    if (this.target.ended) return;
    this.#stepBack();
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

  #stepBack(): void {
    for (const { cursor } of this.parts) cursor.stepBack();
  }

  /** Each time another part begins, so that none keeps the stream from the others. */
  #goOn(): void {
    const { parts } = this;
    const first = this.#first;
    this.#first = (first + 1) % parts.length;
    for (let i = 0; i < parts.length && !this.target.ended; i++) parts[(first + i) % parts.length]!.cursor.drained();
  }

  #writeOpening(gaps: readonly (() => void)[]): void {
    const opening = this.#opening as string;
    this.#opening = undefined;
    this.#gaps = undefined;
    const id = this.#id();
    const hasPosition = gaps.length === 0 && this.#isPositionDue && id !== "";
    if (hasPosition) this.#noteId(id);
    this.write(new Piece(toBytes(hasPosition ? `${opening}id: ${id}\n\n` : `${opening}\n`), 0));
    for (const writeGap of gaps) writeGap();
  }

  #writePosition(): void {
    if (this.#isPositionDue && !this.target.ended) this.write(this.#positionOf(this.#id()));
  }

  #positionOf(id: string): Piece {
    this.#noteId(id);
    return new Piece(toBytes(`id: ${id}\n\n`), 0);
  }

  #noteId(id: string): void {
    this.#lastId = id;
    this.#lastIdAt = this.#cohort.events;
    this.#isPositionDue = false;
  }

  #id(): string {
    if (this.slot !== NO_SLOT) return this.#cohort.id;
    return this.parts.flatMap(({ idPart }) => idPart ?? []).join("~");
  }

  /** The ID that the client has received last; `""` if none. */
  get #currentLastId(): string {
    const isShared = this.slot !== NO_SLOT && this.#cohort.events > this.#lastIdAt;
    return isShared ? this.#cohort.lastId : this.#lastId;
  }
}
