import type { FeedContext, FeedState } from "../../../stream/feed.ts";
import { FOREIGN, type resumedPositions } from "../combined-id.ts";
import type { OpenPart } from "../open-part.ts";
import type { CombinedCohort } from "./combined-cohort.ts";
import type { PartOwner } from "./contracts.ts";
import { PartContext } from "./part-context.ts";
import { PartTarget } from "./part-target.ts";

/** Setup of the parts of a feed. */
export interface PartListSetup {
  readonly feed: PartOwner;
  readonly cohort: CombinedCohort;
  readonly context: FeedContext;
  /** The positions in the stream's last event ID. */
  readonly positions: ReturnType<typeof resumedPositions>;
}

/** Makes a target and a cursor for each part. Throws if a cursor cannot be made; no cursor is left then. */
export function makeParts(parts: readonly OpenPart[], setup: PartListSetup): readonly PartTarget[] {
  const { feed, cohort, context, positions } = setup;
  const made: PartTarget[] = [];
  try {
    for (const [index, { name, channel, settings }] of parts.entries()) {
      const resumed = positions === FOREIGN ? FOREIGN : positions.get(name);
      const target = new PartTarget({ feed, index, resumed });
      const partContext = context.lastEventId === undefined ? context : new PartContext(context, resumed);
      target.cursor = channel.feed(settings, partContext, cohort.kindOf(index, channel.liveLog));
      made.push(target);
    }
    return made;
  } catch (error) {
    stopParts(made);
    throw error;
  }
}

/** Makes each part lag if it is live. */
export function stepPartsBack(parts: readonly PartTarget[]): void {
  for (const { cursor } of parts) cursor.stepBack();
}

/** Stops the cursor of each part. */
export function stopParts(parts: readonly PartTarget[]): void {
  for (const { cursor } of parts) cursor.stop();
}

/** Describes a stream by its parts. `lastEventId`: the last ID of the client, `""` if none. */
export function describeParts(parts: readonly PartTarget[], lastEventId: string): FeedState {
  const states = parts.map(({ cursor }) => cursor.describe());
  const topics = states.map((state) => state.topics);
  return {
    channels: [...new Set(states.map(({ channel }) => channel as string))],
    topics: topics.includes("*") ? "*" : [...new Set(topics.flatMap((named) => named ?? []))],
    state: parts.every(({ isLive }) => isLive) ? "live" : "lagging",
    ...(lastEventId !== "" && { lastEventId }),
  };
}
