import { formatPosition, type Position } from "../../../base/position.ts";
import { toBytes } from "../../../protocol/bytes.ts";
import { encodeEvent } from "../../../protocol/encode-event.ts";
import { RECONNECT_MS } from "../../../stream/ending/end-streams.ts";
import type { FeedTarget } from "../../../stream/feed.ts";
import type { StreamHub } from "../../../stream/stream-hub.ts";
import { Cohort, type Member, type WrittenBeginning } from "../../deliver/cohort.ts";
import { NO_SLOT } from "../../deliver/live-list.ts";
import type { SharedPieces } from "../../deliver/shared-pieces.ts";
import type { KeptEvent } from "../../event/kept-event.ts";
import type { Selection } from "../../event/selection.ts";
import type { Stretch } from "../../read/lagging/step.ts";
import type { LiveLog } from "../../read/live/live-log.ts";
import { formatPart } from "../combined-id.ts";
import type { PartMember, PartsOwner } from "./contracts.ts";
import { framePart, lastIdOf, type PartStep, partStepOf } from "./part-step.ts";

/** Slot of a member whose subscriber is shared: it is live in all parts, and the combined cohort writes to it. */
const SHARED = -2;

/** Bytes of a position in a combined ID, with the separators around it: an estimate. */
const POSITION_BYTES = 26;

interface PartCohortSetup {
  readonly combined: PartsOwner;
  /** Index of the part. */
  readonly index: number;
  readonly liveLog: LiveLog;
}

/**
 * The cohort of one part in the part's channel. Its list has the members that are live in this part while their
 * subscriber lags in another part. Each of these members gets IDs of its own.
 */
export class PartCohort extends Cohort {
  override readonly overhead: number;
  readonly name: string;
  readonly #combined: PartsOwner;
  readonly #index: number;
  readonly #liveLog: LiveLog;
  #position: Position | undefined;
  #livePart = "";

  constructor(number: number, selection: Selection, { combined, index, liveLog }: PartCohortSetup) {
    const { key, names } = combined.setup;
    super(number, selection, `${selection.key}${key}/${index}`);
    this.name = names[index] as string;
    this.overhead = names.reduce((bytes, name) => bytes + name.length + POSITION_BYTES, this.name.length);
    this.#combined = combined;
    this.#index = index;
    this.#liveLog = liveLog;
  }

  override get size(): number {
    return this.list.size + this.#combined.shared.size;
  }

  override live(): Member[] {
    const shared = this.#combined.shared.members().map(({ parts }) => parts[this.#index]!.cursor);
    return [...this.list.members(), ...shared];
  }

  override add(member: Member): void {
    this.list.add(member);
    (member.target as PartMember).feed.share();
  }

  override remove(member: Member): void {
    const target = member.target as PartMember;
    target.position = this.livePosition;
    if (member.slot !== SHARED) return this.list.remove(member);
    member.slot = NO_SLOT;
    target.feed.leaveShared();
  }

  /** Moves a live member to the shared subscribers of the combined cohort. */
  share(member: Member): void {
    this.list.remove(member);
    member.slot = SHARED;
  }

  /** True while a flush of the channel hands out events: a live member may still have to receive them. */
  get isFlushing(): boolean {
    return this.#liveLog.flushing;
  }

  /**
   * Returns the offset that live members have received. In the middle of a flush it may be less than `flushed`: a
   * filter may flush the channel of another part, and the IDs of that part must not claim events that were not written
   * yet.
   */
  override reached({ settled }: LiveLog): number {
    return Math.max(this.lastSent?.offset ?? 0, settled);
  }

  /** The position up to which live members have received every event. */
  get livePosition(): Position {
    const { epoch } = this.#liveLog;
    const offset = this.reached(this.#liveLog);
    if (this.#position?.offset !== offset || this.#position.epoch !== epoch) {
      this.#position = { epoch, offset };
      this.#livePart = formatPart(this.name, formatPosition(this.#position));
    }
    return this.#position;
  }

  /** The part of the combined ID that live members have. */
  get livePart(): string {
    void this.livePosition;
    return this.#livePart;
  }

  override deliver(events: readonly KeptEvent[], pieces: SharedPieces, hub: StreamHub): void {
    const combined = this.#combined;
    for (const slice of this.#slices(events)) {
      const step = this.stepOf({ events: slice, through: slice[slice.length - 1]!.entry.offset });
      // A sink that fails in the middle of a batch may lead here. No ID would be right: end the streams.
      if (combined.isWriting) return this.#endAll();
      const around = combined.around(this.#index);
      this.lastSent = step.lastSent;
      combined.isWriting = true;
      try {
        if (combined.shared.size > 0) {
          const key = `${combined.setup.shape} ${around.before} ${around.after}`;
          const piece = pieces.framed(slice, key, () => framePart(step, around));
          combined.write(piece, lastIdOf(step, around), hub);
        }
        this.list.each((member) => (member.target as PartMember).writeEvents(step));
      } finally {
        combined.isWriting = false;
      }
    }
  }

  override begin(target: FeedTarget, beginning: WrittenBeginning): void {
    (target as PartMember).begin(beginning);
  }

  override writePosition(target: FeedTarget, position: Position): void {
    (target as PartMember).reach(position);
  }

  override stepOf(stretch: Stretch): PartStep {
    return partStepOf(this.name, stretch, (type) => this.typeOf(type));
  }

  override writeStep(target: FeedTarget, step: PartStep, epoch: string): void {
    const part = target as PartMember;
    if (step.blocks.length > 0) part.writeEvents(step);
    part.position = { epoch, offset: step.through };
  }

  override snapshotBlock({ entry: { type, data } }: KeptEvent): Uint8Array {
    return toBytes(encodeEvent({ event: this.typeOf(type), data }));
  }

  override typeOf(type: string | undefined): string | undefined {
    return this.#combined.setup.types.typeOf(this.name, type);
  }

  /** Yields the events in slices that stay below the limit of a piece with their longer IDs. */
  *#slices(events: readonly KeptEvent[]): Generator<readonly KeptEvent[], void, undefined> {
    let begin = 0;
    let bytes = 0;
    for (let i = 0; i < events.length; i++) {
      bytes += events[i]!.frameSize + this.overhead;
      if (bytes < this.#liveLog.batchBytes && i + 1 < events.length) continue;
      yield begin === 0 && i + 1 === events.length ? events : events.slice(begin, i + 1);
      begin = i + 1;
      bytes = 0;
    }
  }

  #endAll(): void {
    for (const { target } of this.live()) target.close("drained", RECONNECT_MS);
  }
}
