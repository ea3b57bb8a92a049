import { formatPosition, type Position } from "../../base/position.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { Piece } from "../../stream/body/piece.ts";
import type { FeedTarget } from "../../stream/feed.ts";
import type { StreamHub } from "../../stream/stream-hub.ts";
import { gapText } from "../event/gap.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import type { Selection } from "../event/selection.ts";
import type { Beginning } from "../read/beginning.ts";
import { type CohortKey, type Step, type Stretch, stepOf } from "../read/lagging/step.ts";
import type { LossReason } from "../read/left-life.ts";
import type { LiveLog } from "../read/live/live-log.ts";
import { type Listed, LiveList } from "./live-list.ts";
import type { SharedPieces } from "./shared-pieces.ts";

/** A subscriber as its cohort and its delivery see it. */
export interface Member extends Listed {
  readonly cohort: Cohort;
  readonly target: FeedTarget;
  /** Stop being live and remember the own position. Does nothing if the subscriber is not live. */
  stepBack(): void;
  /** Continue after a jump of the log. See {@link LiveLogListener.resume}. */
  resume(kept: number | undefined, reason: LossReason): void;
}

/** The beginning of a subscriber's stream, and the form in which it is written. */
export interface WrittenBeginning extends Beginning {
  /** The first lines of the first block; `""` if the stream has begun. */
  readonly opening: string;
  /** The type of gap events. */
  readonly gapEvent: string;
}

/** A kind of cohorts that are not plain: see {@link Cohorts.join}. */
export interface CohortKind {
  /** Members with equal selections and equal keys share a cohort. */
  readonly key: string;
  make(number: number, selection: Selection): Cohort;
}

/**
 * Subscribers with equal selections, which therefore receive the same bytes. A cohort decides how positions, gaps and
 * events are written to its members, and owns the slots of its live members.
 */
export class Cohort implements CohortKey {
  readonly number: number;
  /** Identifies the cohort among those of its channel. */
  readonly key: string;
  readonly overhead: number = 0;
  /** The live members that the cohort writes to itself. */
  readonly list: LiveList<Member> = new LiveList();
  #selection: Selection;
  /**
   * The selections of the members, if they have a filter. All have the same filter, and each runs it in the async
   * context of its own request. So the cohort must use the selection of a member that is still there.
   */
  readonly #selections: Map<object, Selection> | undefined;
  /** Events written to each member that was live all the time. */
  events = 0;
  /** Time of the last write, on the hub's clock. */
  writtenAt = 0;
  /** Position after the last event that live members received: their clients' last event ID. */
  lastSent: Position | undefined;
  /** Members, live or not. */
  #members = 0;

  constructor(number: number, selection: Selection, key: string = selection.key) {
    this.number = number;
    this.key = key;
    this.#selection = selection;
    if (selection.filter !== undefined) this.#selections = new Map();
  }

  get selection(): Selection {
    return this.#selection;
  }

  /** True if the cohort takes every event without topics, like all other plain cohorts. */
  get isPlain(): boolean {
    return this.#selection.types === undefined && this.#selection.filter === undefined;
  }

  /** Counts a new member, live or not. */
  join(member: object, selection: Selection): void {
    this.#members++;
    this.#selections?.set(member, selection);
  }

  /** Counts a member out. Returns true if it was the last. */
  leave(member: object): boolean {
    this.#selections?.delete(member);
    const [selection = this.#selection] = this.#selections?.values() ?? [];
    this.#selection = selection;
    return --this.#members === 0;
  }

  /** Number of live members. */
  get size(): number {
    return this.list.size;
  }

  /** Returns the live members. */
  live(): Member[] {
    return this.list.members();
  }

  /** Makes a member live. Must not be called during a flush. */
  add(member: Member): void {
    this.list.add(member);
  }

  /** Removes a live member. */
  remove(member: Member): void {
    this.list.remove(member);
  }

  /** Returns the offset up to which live members have received every event. */
  reached(liveLog: LiveLog): number {
    return liveLog.flushed;
  }

  /** Writes events of a flush to all live members. */
  deliver(events: readonly KeptEvent[], pieces: SharedPieces, hub: StreamHub): void {
    const piece = pieces.of(events);
    hub.counts.delivered += piece.events * this.size;
    this.lastSent = events[events.length - 1]!.position;
    this.events += piece.events;
    this.writtenAt = hub.now;
    this.list.write(piece);
  }

  /** Writes the first block of a member: a gap, or the position unless a snapshot follows. */
  begin(target: FeedTarget, { opening, gapEvent, gap, snapshot, position }: WrittenBeginning): void {
    if (gap !== undefined)
      writeText(target, (opening && `${opening}\n`) + gapText(gap, gapEvent, snapshot !== undefined));
    else if (snapshot === undefined) writeText(target, `${opening}id: ${formatPosition(position)}\n\n`);
    else if (opening !== "") writeText(target, `${opening}\n`);
  }

  /** Writes the position after a snapshot. */
  writePosition(target: FeedTarget, position: Position): void {
    writeText(target, `id: ${formatPosition(position)}\n\n`);
  }

  stepOf(stretch: Stretch): Step {
    return stepOf(stretch);
  }

  /** Writes a step of the cohort to a lagging member. `epoch`: the life of the log that the step is from. */
  writeStep(target: FeedTarget, { piece }: Step, _epoch: string): void {
    if (piece !== undefined) target.write(piece);
  }

  /** Returns an event as a block of a snapshot. */
  snapshotBlock({ blockWithoutId }: KeptEvent): Uint8Array {
    return blockWithoutId;
  }

  /** Returns the type under which members receive the items of an `initial` function. */
  typeOf(type: string | undefined): string | undefined {
    return type;
  }
}

/** Writes a block that is no event of the channel. */
export function writeText(target: FeedTarget, text: string): void {
  target.write(new Piece(toBytes(text), 0));
}
