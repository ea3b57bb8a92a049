import type { Position } from "../base/position.ts";

/** A moment on one node, in such terms that other nodes can place it on their own clock. */
export interface Moment {
  /** On the monotonic clock of the node, in ms. */
  readonly at: number;
  /** On the wall clock of the node, in ms since 1970. */
  readonly time: number;
  /** The position up to which the node had received the beats of all nodes. Absent before the first. */
  readonly seen?: Pick<Position, "epoch" | "offset"> | undefined;
}

/** Own beats remembered. Commands name one of the last few, unless this node was away. */
const OWN_BEATS = 32;
/** Nodes whose clocks are remembered, in case that a command of a node arrives after the node has left. */
const MAX_NODES = 1_000;
/** Greatest part by which two monotonic clocks run apart. Time services slew clocks by at most 0.0005. */
const DRIFT = 0.001;
/** Greatest difference expected between the wall clocks of two nodes, in ms. */
export const WALL_CLOCK_ERROR_MS = 250;

/**
 * Places moments of other nodes on this node's monotonic clock, without trust in wall clocks.
 * See docs/decisions/041-a-late-command-spares-newer-streams.md.
 */
export class NodeClocks {
  #epoch = "";
  /** Own beats that came through the log in its current life, oldest first. */
  #ownBeats: { readonly offset: number; readonly at: number }[] = [];
  /** By how much the clock of each node is at least ahead of this node's clock, and when that was known. */
  readonly #leads = new Map<string, { readonly lead: number; readonly since: number }>();

  /** Records that a beat of this node, published at `at`, came through the log. */
  recordOwnBeat({ epoch, offset }: Pick<Position, "epoch" | "offset">, at: number): void {
    if (epoch !== this.#epoch) this.#ownBeats = [];
    this.#epoch = epoch;
    this.#ownBeats.push({ offset, at });
    if (this.#ownBeats.length > OWN_BEATS) this.#ownBeats.shift();
  }

  /** Records a beat of another node, published at `at` on its clock, that arrives now. It must not be late. */
  recordBeat(node: string, at: number, now: number): void {
    const lead = Math.max(at - now, this.#leadOf(node, now) ?? Number.NEGATIVE_INFINITY);
    // Deleting first keeps the map in the order of the beats.
    this.#leads.delete(node);
    this.#leads.set(node, { lead, since: now });
    if (this.#leads.size > MAX_NODES) this.#leads.delete(this.#leads.keys().next().value as string);
  }

  /** Returns true if a beat of the node arrived in time, so that its clock is known. */
  knows(node: string): boolean {
    return this.#leads.has(node);
  }

  /**
   * Returns the latest time on this node's clock, up to `now`, at which a moment of another node can have been. It is
   * late by the fastest delivery of a beat, and never early.
   */
  latest(node: string, { at, time, seen }: Moment, now: number): number {
    const lead = this.#leadOf(node, now);
    const byClock = lead === undefined ? now - (Date.now() - time) + WALL_CLOCK_ERROR_MS : at - lead;
    return Math.min(now, Math.max(byClock, this.#ownBeatSeen(seen)));
  }

  /** Returns the time of the newest own beat that the other node had received: its moment was later. */
  #ownBeatSeen(seen: Moment["seen"]): number {
    if (seen?.epoch !== this.#epoch) return Number.NEGATIVE_INFINITY;
    return this.#ownBeats.findLast(({ offset }) => offset <= seen.offset)?.at ?? Number.NEGATIVE_INFINITY;
  }

  #leadOf(node: string, now: number): number | undefined {
    const known = this.#leads.get(node);
    return known && known.lead - DRIFT * (now - known.since);
  }
}
