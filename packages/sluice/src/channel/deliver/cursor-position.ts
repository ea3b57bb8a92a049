import { formatPosition, type Position } from "../../base/position.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { COMMENT } from "../../stream/body/heartbeat.ts";
import { Piece } from "../../stream/body/piece.ts";
import type { FeedState, FeedTarget, SharedWrites } from "../../stream/feed.ts";
import type { Selection } from "../event/selection.ts";
import type { LossReason } from "../read/left-life.ts";
import type { Cohort, CohortKind, Member } from "./cohort.ts";
import type { Delivery } from "./delivery.ts";
import { NO_SLOT } from "./live-list.ts";

/** Last sent position of a subscriber that has received no position yet: it has no event ID. */
const NOTHING_SENT: Position = { epoch: "", offset: 0, ownId: "" };

/**
 * The position of a cursor. A live cursor has no offset of its own: its channel and its cohort have it. A lagging
 * cursor has an offset. A base class, and not a field of the cursor, because a process has thousands of cursors.
 */
export abstract class CursorPosition implements Member {
  readonly cohort: Cohort;
  slot: number = NO_SLOT;
  target!: FeedTarget;
  protected readonly delivery: Delivery;
  /** Offset up to which a lagging subscriber has received every event. */
  protected after = 0;
  /** Position of the last event ID that this cursor sent by itself. */
  protected lastSent: Position = NOTHING_SENT;
  /** The cohort's event count when the cursor became live. */
  #eventsBefore = 0;

  constructor(delivery: Delivery, selection: Selection, kind: CohortKind | undefined) {
    this.delivery = delivery;
    this.cohort = delivery.cohorts.join(this, selection, kind);
  }

  abstract fallBehind(): void;
  abstract stepBack(): void;
  abstract resume(kept: number | undefined, reason: LossReason): void;

  get shared(): SharedWrites | undefined {
    if (!this.isLive) return undefined;
    return { events: this.cohort.events - this.#eventsBefore, writtenAt: this.cohort.writtenAt };
  }

  /** Sends the position if the channel moved on without an event for the subscriber, so that the log still has it. */
  heartbeat(): Piece {
    const { liveLog } = this.delivery;
    const reached = this.isLive ? liveLog.flushed : this.after;
    if (reached <= this.currentLastSent.offset) return COMMENT;
    this.lastSent = liveLog.positionAt(reached);
    return new Piece(toBytes(`id: ${formatPosition(this.lastSent)}\n\n`), 0);
  }

  describe(): FeedState {
    const { topics } = this.cohort.selection;
    return {
      channel: this.delivery.channel,
      topics: topics === "*" ? "*" : [...topics],
      state: this.isLive ? "live" : "lagging",
      lastEventId: formatPosition(this.currentLastSent),
    };
  }

  protected get isLive(): boolean {
    return this.slot !== NO_SLOT;
  }

  protected becomeLive(): void {
    this.#eventsBefore = this.cohort.events;
    this.delivery.addLive(this);
  }

  /** Ends being live. The cursor then has its own count of events and its own last sent position. */
  protected leaveLive(): void {
    this.target.countEvents(this.shared?.events ?? 0);
    this.lastSent = this.currentLastSent;
    this.delivery.removeLive(this);
  }

  /** The position that the client has as its last event ID. Not `#private`: that would cost each cursor 8 bytes. */
  protected get currentLastSent(): Position {
    const { lastSent } = this.cohort;
    if (!this.isLive || lastSent === undefined || lastSent.offset <= this.lastSent.offset) return this.lastSent;
    return lastSent;
  }
}
