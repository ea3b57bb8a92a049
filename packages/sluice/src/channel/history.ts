import { checkNames, checkNumber, invalidOption } from "../protocol/check-option.ts";
import { afterTurn } from "../stream/after-turn.ts";
import type { Delivery } from "./delivery.ts";
import type { Gap } from "./gap.ts";
import { type AnyEvents, type ChannelEvent, type EventMap, KeptEvent } from "./kept-event.ts";
import { formatPosition } from "./position.ts";
import { type FilterNumbers, type Selection, selects } from "./selection.ts";
import { checkSelection, type SelectionOptions } from "./selection-options.ts";
import { afterGap, findStartPoint, type StartPoint } from "./start-point.ts";

/** Which events of the past. */
export interface HistoryOptions<
  Events extends EventMap = AnyEvents,
  Type extends keyof Events & string = keyof Events & string,
> extends SelectionOptions<Events, Type> {
  /** The event ID after which to begin. Default: the newest `limit` events, for which all that is kept is looked through. */
  readonly after?: string;
  /** Events at most. Default: 100. At most 10 000. */
  readonly limit?: number;
}

/** Events of the past, and where a subscriber goes on from them. */
export interface History<Events extends EventMap = AnyEvents> {
  /** Oldest first. */
  readonly events: readonly ChannelEvent<Events>[];
  /** The position after the last of them: the next `after`, or the `lastEventId` of a stream that goes on from here. */
  readonly position: string;
  /** What could not be given after `after`, if anything. */
  readonly gap: Gap | undefined;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;
/** Read at a time. */
const READ_EVENTS = 1_000;
const READ_BYTES = 1024 * 1024;

/** The same, checked. */
export interface HistoryQuery {
  readonly selection: Selection;
  readonly after: string | undefined;
  readonly limit: number;
}

export function checkHistoryOptions(options: HistoryOptions, numbers: FilterNumbers): HistoryQuery {
  checkNames("history", options, ["after", "limit", "topics", "types", "filter"]);
  const { after } = options;
  if (after !== undefined && typeof after !== "string") throw invalidOption("after", "an event ID", after);
  const limit = checkNumber("limit", options.limit, DEFAULT_LIMIT, { min: 1, max: MAX_LIMIT, whole: true });
  return { selection: checkSelection(options, numbers), after, limit };
}

/** Reads from the log, not from the window: it is no hot path, and the log has all. */
export async function readHistory(delivery: Delivery, { selection, after, limit }: HistoryQuery): Promise<History> {
  const { log } = delivery;
  const oldest = (): StartPoint => ({ epoch: delivery.epoch, after: log.first - 1, gap: undefined });
  const find = () => (after === undefined ? oldest() : findStartPoint(delivery, after, "now"));
  let point = await find();
  let events: ChannelEvent[] = [];
  let reached = point.after;
  while (after === undefined || events.length < limit) {
    const entries = await log.read(reached, READ_EVENTS, READ_BYTES);
    if (entries === "gone") await log.sync();
    // A log that answers at once must not keep the event loop for as long as there is something to read.
    else await new Promise<void>(afterTurn);
    if (entries === "gone" || point.epoch !== delivery.epoch) {
      // Trimmed or lost while we read: begin again with what is left, and say so to whom it matters.
      if (point.epoch !== delivery.epoch) point = await find();
      else point = after === undefined ? oldest() : afterGap(delivery, "trimmed", after);
      reached = point.after;
      events = [];
      continue;
    }
    if (entries.length === 0) break;
    for (const entry of entries) {
      if (after !== undefined && events.length === limit) break;
      const event = new KeptEvent(entry, delivery.epoch);
      if (selects(selection, event, delivery.reportFilter)) events.push(event.copy());
      reached = entry.offset;
    }
    if (events.length > limit && after === undefined) events = events.slice(-limit);
  }
  return { events, position: formatPosition(delivery.epoch, reached), gap: point.gap };
}
