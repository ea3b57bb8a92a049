import type { Position } from "../../base/position.ts";
import { SluiceError } from "../../base/sluice-error.ts";
import type { SourceContext } from "../../stream/feed.ts";
import { SseItem } from "../../stream/source/sse-item.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import { type Selection, selects } from "../event/selection.ts";
import type { LiveLog } from "./live-log.ts";

type AnyIterable = Iterable<unknown> | AsyncIterable<unknown>;

/**
 * Produces the first events of a subscriber, and again after a gap. Its items must not have IDs: a subscriber cannot
 * resume from the middle of a snapshot.
 */
export type InitialFunction = (context: SourceContext) => AnyIterable | Promise<AnyIterable>;

/** The first events of a subscriber: the newest event of each key, or the items that a function produces. */
export type Initial = "latest" | InitialFunction;

/** A snapshot that a subscriber may begin with. */
export interface SnapshotOffer {
  readonly initial: Initial;
  /** The snapshot contains the events up to here. Newer events follow it. */
  readonly position: Position;
}

/** Offers a snapshot of the present, with the option `initial` of the subscription. Flushes the log before. */
export function offerSnapshot(liveLog: LiveLog, initial: Initial | undefined): SnapshotOffer | undefined {
  if (initial === undefined) return undefined;
  liveLog.flush();
  return { initial, position: liveLog.end };
}

/** Yields the events of a snapshot: kept events of the channel, or the items of the user's function. */
export async function* snapshotEvents(
  liveLog: LiveLog,
  { initial, position }: SnapshotOffer,
  { selection, context }: { readonly selection: Selection; readonly context: SourceContext },
): AsyncGenerator<KeptEvent | unknown, void, undefined> {
  if (initial === "latest") {
    const { latest } = liveLog;
    // If another load begins meanwhile, only the last one is complete.
    while (latest?.loading !== undefined) await latest.loading;
    for (const event of latest?.events() ?? []) {
      if (event.entry.offset <= position.offset && selects(selection, event, liveLog.onFilterError)) yield event;
    }
    return;
  }
  for await (const item of await initial(context)) {
    if (item instanceof SseItem && item.id !== undefined) {
      throw new SluiceError(
        "INVALID_FIELD",
        "An event of `initial` must have no id: the stream's position comes after all of them.",
      );
    }
    yield item;
  }
}
