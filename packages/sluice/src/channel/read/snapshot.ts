import { invalidOption } from "../../base/checks/check-option.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import { hasMethod } from "../../base/has-method.ts";
import { formatPosition, type Position } from "../../base/position.ts";
import type { SourceContext } from "../../stream/feed.ts";
import { readableSource } from "../../stream/source/readable-source.ts";
import { isIterable } from "../../stream/source/source.ts";
import { isSseItem } from "../../stream/source/sse-item.ts";
import type { EventCopy } from "../event/event-copy.ts";
import { type Gap, makeGap } from "../event/gap.ts";
import type { Selection } from "../event/selection.ts";
import type { LatestSnapshot } from "./latest-snapshot.ts";
import type { LiveLog } from "./live/live-log.ts";

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

/** Resolves to the newest events of a snapshot when none of them is still being loaded. */
export async function latestSnapshot(
  liveLog: LiveLog,
  selection: Selection,
  position: Position,
): Promise<LatestSnapshot | undefined> {
  const { latest } = liveLog;
  // If another load begins meanwhile, only the last one is complete.
  while (latest?.loading !== undefined) await latest.loading;
  return latest?.snapshot(selection, position.offset);
}

/** Resolves to the items of the user's function. Throws `INVALID_OPTION` if it returns no iterable. */
export async function initialItems(initial: InitialFunction, context: SourceContext): Promise<AnyIterable> {
  const items: unknown = await initial(context);
  if (isIterable(items)) return readableSource(items);
  if (typeof items === "object" && items !== null && Symbol.iterator in items) return items as Iterable<unknown>;
  throw invalidOption("initial()", "an iterable or an async iterable", items);
}

/** Returns an item of a snapshot; an event of `history()` without its ID. Throws `INVALID_FIELD` if it has an ID. */
export function checkSnapshotItem(item: unknown): unknown {
  if (isSseItem(item) && hasMethod(item, "withoutId")) return (item as unknown as EventCopy).withoutId();
  if (!isSseItem(item) || item.id === undefined) return item;
  throw new SluiceError(
    "INVALID_FIELD",
    "An event of `initial` must have no id: the stream's position comes after all of them.",
  );
}

/** Returns the gap of a subscriber whose snapshot lacks events that were forgotten because of the limits. */
export function incompleteGap(position: Position): Gap {
  return makeGap("trimmed", "", formatPosition(position));
}
