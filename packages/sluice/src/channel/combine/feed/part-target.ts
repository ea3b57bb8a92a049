import { formatPosition, type Position } from "../../../base/position.ts";
import type { Piece } from "../../../stream/body/piece.ts";
import type { Sink } from "../../../stream/body/sink.ts";
import type { CloseReason } from "../../../stream/close-reason.ts";
import type { WrittenBeginning } from "../../deliver/cohort.ts";
import type { Cursor } from "../../deliver/cursor.ts";
import { NO_SLOT } from "../../deliver/live-list.ts";
import { NO_POSITION } from "../../event/gap.ts";
import { FOREIGN, formatPart, positionBefore } from "../combined-id.ts";
import type { PartMember, PartOwner } from "./contracts.ts";
import type { PartCohort } from "./part-cohort.ts";
import type { PartStep } from "./part-step.ts";

/** Setup of a {@link PartTarget}. */
export interface PartTargetSetup {
  readonly feed: PartOwner;
  readonly index: number;
  /** The position with which the client resumes the part, or {@link FOREIGN}. */
  readonly resumed: string | undefined;
}

/** One part of a combined stream, as the part's cursor sees it. */
export class PartTarget implements PartMember {
  readonly feed: PartOwner;
  cursor!: Cursor;
  /** Position up to which the part was written, while its cursor lags; `undefined` if the client has none to keep. */
  position: Position | undefined;
  readonly #index: number;
  /**
   * Position that the client keeps while `position` is `undefined`. A client that is cut then gets the same beginning
   * again. `undefined`: the part begins anew.
   */
  #kept: string | undefined;

  constructor({ feed, index, resumed }: PartTargetSetup) {
    this.feed = feed;
    this.#index = index;
    this.#kept = resumed === FOREIGN ? NO_POSITION : resumed;
  }

  /**
   * The part's position in a combined ID, as far as the client has received it; `undefined` if an ID must not have one.
   */
  get idPart(): string | undefined {
    const cohort = this.cursor.cohort as PartCohort;
    if (this.isLive) return cohort.livePart;
    const text = this.position === undefined ? this.#kept : formatPosition(this.position);
    return text && formatPart(cohort.name, text);
  }

  get isLive(): boolean {
    return this.cursor.slot !== NO_SLOT;
  }

  get ended(): boolean {
    return this.feed.target.ended;
  }

  get writable(): boolean {
    return this.feed.writable;
  }

  get sink(): Sink {
    return this.feed.target.sink;
  }

  write(piece: Piece): boolean {
    return this.feed.write(piece);
  }

  /** Writes events with the positions that the other parts have. */
  writeEvents(step: PartStep): void {
    this.feed.writeEvents(this.#index, step);
  }

  /** Writes the part's gap, if it has one. An ID then has its position together with the positions of other parts. */
  begin({ gap, snapshot, position, gapEvent }: WrittenBeginning): void {
    if (gap !== undefined) {
      const { name: channel } = this.cursor.cohort as PartCohort;
      // An event of another part may have given the client a later position than the last event of this part.
      const lastEventId = this.feed.positionIn(channel) ?? gap.lastEventId;
      const reported = { ...gap, lastEventId, channel };
      this.feed.writeGap(gapEvent, reported, () => {
        this.position = snapshot === undefined ? position : undefined;
        this.#kept = positionBefore(reported);
      });
    } else if (snapshot === undefined) this.reach(position);
  }

  /** Sets the position that IDs have from now on, and schedules a write of it. */
  reach(position: Position): void {
    this.position = position;
    this.feed.positionDue();
  }

  hold(work: () => void): boolean {
    return this.feed.hold(work);
  }

  block(): void {
    this.feed.target.block();
  }

  countEvents(events: number): void {
    this.feed.target.countEvents(events);
  }

  close(reason: CloseReason, retry?: number): void {
    this.feed.close(reason, retry);
  }
}
