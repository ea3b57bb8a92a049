import type { Position } from "../../../base/position.ts";
import type { Piece } from "../../../stream/body/piece.ts";
import type { FeedTarget } from "../../../stream/feed.ts";
import type { StreamHub } from "../../../stream/stream-hub.ts";
import type { Member, WrittenBeginning } from "../../deliver/cohort.ts";
import type { Listed, LiveList } from "../../deliver/live-list.ts";
import type { IdAround } from "../combined-id.ts";
import type { CombinedGap } from "../event/combined-event.ts";
import type { EventTypes } from "../event/event-types.ts";
import type { PartStep } from "./part-step.ts";

/*
 * A subscriber of a combination has a feed (CombinedFeed) with a target for each part (PartTarget). Its cohort
 * (CombinedCohort) has a cohort in the channel of each part (PartCohort). This file has the contracts between them.
 */

/** The feed of a subscriber, as its parts see it. */
export interface PartOwner {
  /** The stream. */
  readonly target: FeedTarget;
  /** True if a part may write. */
  readonly writable: boolean;
  write(piece: Piece): boolean;
  writeEvents(index: number, step: PartStep): void;
  writeGap(type: string, gap: CombinedGap, apply: () => void): void;
  /** Returns the client's current position in a part, if it has one. */
  positionIn(name: string): string | undefined;
  positionDue(): void;
  hold(work: () => void): boolean;
  close: FeedTarget["close"];
  share(): void;
  leaveShared(): void;
}

/** A part of a subscriber, as the part's cohort sees it. */
export interface PartMember extends FeedTarget {
  readonly feed: Pick<PartOwner, "share" | "leaveShared">;
  position: Position | undefined;
  writeEvents(step: PartStep): void;
  begin(beginning: WrittenBeginning): void;
  reach(position: Position): void;
}

/** A subscriber that is live in all parts, as its cohorts see it. */
export interface SharedSubscriber extends Listed {
  readonly parts: readonly { readonly cursor: Member }[];
}

/** Setup of a combined cohort. */
export interface CombinedCohortSetup {
  /** Identifies the cohort among those of all Sluices in this process. */
  readonly key: string;
  /** Equal for cohorts whose events have the same types and IDs at equal positions. */
  readonly shape: string;
  /** Names of the parts. */
  readonly names: readonly string[];
  readonly types: EventTypes;
  /** Called when the last subscriber has left. */
  readonly onEmpty: () => void;
}

/** The cohort of equal combinations, as the cohorts of its parts see it. */
export interface PartsOwner {
  readonly setup: CombinedCohortSetup;
  /** The subscribers that are live in all parts. */
  readonly shared: LiveList<SharedSubscriber>;
  /** True while a part writes a batch. */
  isWriting: boolean;
  around(index: number): IdAround;
  write(piece: Piece, id: string, hub: StreamHub): void;
}
