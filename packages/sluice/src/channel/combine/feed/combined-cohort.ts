import type { Piece } from "../../../stream/body/piece.ts";
import type { StreamHub } from "../../../stream/stream-hub.ts";
import type { CohortKind } from "../../deliver/cohort.ts";
import { LiveList } from "../../deliver/live-list.ts";
import type { LiveLog } from "../../read/live/live-log.ts";
import { type IdAround, idAround } from "../combined-id.ts";
import type { CombinedCohortSetup, PartsOwner, SharedSubscriber } from "./contracts.ts";
import { PartCohort } from "./part-cohort.ts";

/**
 * The subscribers of combinations with equal parts. Subscribers that are live in all parts have equal positions, so
 * they receive the same bytes.
 */
export class CombinedCohort implements PartsOwner {
  readonly setup: CombinedCohortSetup;
  /** The cohort of each part in the part's channel. */
  readonly parts: PartCohort[] = [];
  /** The subscribers that are live in all parts. */
  readonly shared: LiveList<SharedSubscriber> = new LiveList();
  /** Events written to a subscriber that has been shared since the cohort began. */
  events = 0;
  /** Time of the last write, on the hub's clock. */
  writtenAt = 0;
  /** The ID that the last write gave to shared subscribers. */
  lastId = "";
  /** True while a part writes a batch. */
  isWriting = false;
  /** Number of subscribers, shared or not. */
  members = 0;
  #id = "";

  constructor(setup: CombinedCohortSetup) {
    this.setup = setup;
  }

  /** Removes a subscriber from the count. */
  leave(): void {
    if (--this.members === 0) this.setup.onEmpty();
  }

  /** Returns the kind of cohort that a part's subscribers have in their channel. */
  kindOf(index: number, liveLog: LiveLog): CohortKind {
    return {
      key: `${this.setup.key}/${index}`,
      make: (number, selection) => {
        const part = new PartCohort(number, selection, { combined: this, index, liveLog });
        this.parts[index] = part;
        return part;
      },
    };
  }

  /** Returns the positions of all other parts, as shared subscribers have received them. */
  around(index: number): IdAround {
    return idAround(this.parts.length, index, (other) => this.parts[other]!.livePart);
  }

  /** The current ID of a shared subscriber. Thousands of subscribers share its text. */
  get id(): string {
    const id = this.parts.map(({ livePart }) => livePart).join("~");
    if (id !== this.#id) this.#id = id;
    return this.#id;
  }

  /** Writes a piece to all shared subscribers. `id`: the ID of its last event. */
  write(piece: Piece, id: string, hub: StreamHub): void {
    hub.counts.delivered += piece.events * this.shared.size;
    this.lastId = id;
    this.events += piece.events;
    this.writtenAt = hub.now;
    this.shared.write(piece);
  }
}
