import type { Position } from "../../base/position.ts";
import type { Piece } from "../../stream/body/piece.ts";
import type { Sink } from "../../stream/body/sink.ts";
import type { Selection } from "../event/selection.ts";
import type { CohortKey } from "../read/step.ts";

/** Slot of a member that is not live. */
export const NO_SLOT = -1;

/** A subscriber as its cohort and its delivery see it. */
export interface Member {
  readonly cohort: Cohort;
  readonly sink: Sink;
  /** Index in the cohort's lists while live, else {@link NO_SLOT}. Only the cohort sets it. */
  slot: number;
  /** A write reached the sink's high-water mark: continue from an own position. */
  fallBehind(): void;
  /** Stop being live and remember the own position. Does nothing if the subscriber is not live. */
  stepBack(): void;
  /** Continue after a jump of the log. See {@link LiveLogListener.resume}. */
  resume(kept: number | undefined): void;
}

/**
 * Subscribers with equal selections, which therefore receive the same bytes. A cohort owns the slots of its live
 * members: nothing else edits its lists.
 */
export class Cohort implements CohortKey {
  readonly number: number;
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
  /** Live members by slot. A member that leaves during a write leaves a hole until the write ends. */
  readonly #live: (Member | undefined)[] = [];
  /** Sinks of the live members by slot: all that a write needs while sockets keep up. */
  readonly #sinks: Sink[] = [];
  /** Members, live or not. */
  #members = 0;
  #lastSent: Position | undefined;
  #writing = false;

  constructor(number: number, selection: Selection) {
    this.number = number;
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

  /** Position after the last event that live members received: their clients' last event ID. */
  get lastSent(): Position | undefined {
    return this.#lastSent;
  }

  /** Forgets `lastSent`: its offset belongs to a life of the log that ends. */
  forgetLastSent(): void {
    this.#lastSent = undefined;
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
    return this.#live.length;
  }

  /** Returns the live members. */
  live(): Member[] {
    return this.#live.filter((member) => member !== undefined);
  }

  /** Makes a member live. Must not be called during a flush. */
  add(member: Member): void {
    member.slot = this.#live.push(member) - 1;
    this.#sinks.push(member.sink);
  }

  /** Removes a live member. */
  remove(member: Member): void {
    const { slot } = member;
    this.#live[slot] = undefined;
    member.slot = NO_SLOT;
    if (!this.#writing) this.#fillHole(slot);
  }

  /** Writes a piece to all live members; `lastSent`: position after its last event; `now`: time on the hub's clock. */
  write(piece: Piece, lastSent: Position, now: number): void {
    const live = this.#live;
    const sinks = this.#sinks;
    this.#lastSent = lastSent;
    this.events += piece.events;
    this.writtenAt = now;
    this.#writing = true;
    // Writes past the streams: their counts are kept once per cohort. See `npm run bench -- fanout`.
    for (let i = sinks.length - 1; i >= 0; i--) {
      if (live[i] !== undefined && !sinks[i]!.write(piece)) live[i]?.fallBehind();
    }
    this.#writing = false;
    for (let i = live.length - 1; i >= 0; i--) if (live[i] === undefined) this.#fillHole(i);
  }

  #fillHole(slot: number): void {
    const last = this.#live.pop();
    const sink = this.#sinks.pop();
    if (slot === this.#live.length || last === undefined) return;
    this.#live[slot] = last;
    this.#sinks[slot] = sink as Sink;
    last.slot = slot;
  }
}
