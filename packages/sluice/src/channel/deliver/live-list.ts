import type { Piece } from "../../stream/body/piece.ts";
import type { Sink } from "../../stream/body/sink.ts";

/** Slot of a member that is in no list. */
export const NO_SLOT = -1;

/** A member of a {@link LiveList}. */
export interface Listed {
  /** The member's stream. */
  readonly target: { readonly sink: Sink };
  /** Index in the list while the member is in it, else {@link NO_SLOT}. Only the owner of the list sets it. */
  slot: number;
  /** A write reached the sink's high-water mark: continue from an own position. */
  fallBehind(): void;
}

/** Live subscribers that are written to together. A member may leave during a write. */
export class LiveList<Member extends Listed> {
  /** Members by slot. A member that leaves during a write leaves a hole until the write ends. */
  readonly #members: (Member | undefined)[] = [];
  /** Sinks of the members by slot: all that a write needs while sockets keep up. */
  readonly #sinks: Sink[] = [];
  #writing = false;

  get size(): number {
    return this.#members.length;
  }

  members(): Member[] {
    return this.#members.filter((member) => member !== undefined);
  }

  add(member: Member): void {
    member.slot = this.#members.push(member) - 1;
    this.#sinks.push(member.target.sink);
  }

  remove(member: Member): void {
    const { slot } = member;
    this.#members[slot] = undefined;
    member.slot = NO_SLOT;
    if (!this.#writing) this.#fillHole(slot);
  }

  /** Writes a piece to all members. */
  write(piece: Piece): void {
    const members = this.#members;
    const sinks = this.#sinks;
    this.#writing = true;
    // Writes past the streams: their counts are kept once per list. See `npm run bench -- fanout`.
    for (let i = sinks.length - 1; i >= 0; i--) {
      if (members[i] !== undefined && !sinks[i]!.write(piece)) members[i]?.fallBehind();
    }
    this.#finish();
  }

  /** Calls `visit` for each member that is in the list now and has not left it by its turn. */
  each(visit: (member: Member) => void): void {
    this.#writing = true;
    for (let i = this.#members.length - 1; i >= 0; i--) {
      const member = this.#members[i];
      if (member !== undefined) visit(member);
    }
    this.#finish();
  }

  #finish(): void {
    this.#writing = false;
    for (let i = this.#members.length - 1; i >= 0; i--) if (this.#members[i] === undefined) this.#fillHole(i);
  }

  #fillHole(slot: number): void {
    const last = this.#members.pop();
    const sink = this.#sinks.pop();
    if (slot === this.#members.length || last === undefined) return;
    this.#members[slot] = last;
    this.#sinks[slot] = sink as Sink;
    last.slot = slot;
  }
}
