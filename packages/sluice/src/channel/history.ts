import { checkNames, checkNumber, invalidOption } from "../protocol/check-option.ts";
import type { Delivery } from "./delivery.ts";
import type { Gap } from "./gap.ts";
import { type ChannelEvent, type EventMap, KeptEvent } from "./kept-event.ts";
import { formatPosition } from "./position.ts";
import { afterGap, findStartPoint, type StartPoint } from "./start-point.ts";

/** Which events of the past. */
export interface HistoryOptions {
  /** The event ID after which to begin. Default: the newest `limit` events. */
  readonly after?: string;
  /** Events at most. Default: 100. At most 10 000. */
  readonly limit?: number;
}

/** Events of the past, and where a subscriber goes on from them. */
export interface History<Events extends EventMap = EventMap> {
  /** Oldest first. */
  readonly events: readonly ChannelEvent<Events>[];
  /** The position after the last of them: the next `after`, or the `lastEventId` of a stream that goes on from here. */
  readonly position: string;
  /** What could not be given after `after`, if anything. */
  readonly gap: Gap | undefined;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

export function checkHistoryOptions(options: HistoryOptions): void {
  checkNames("history", options, ["after", "limit"]);
  const { after, limit } = options;
  if (after !== undefined && typeof after !== "string") throw invalidOption("after", "an event ID", after);
  checkNumber("limit", limit, DEFAULT_LIMIT, { min: 1, max: MAX_LIMIT, whole: true });
}

/** Reads from the log, not from the window: it is no hot path, and the log has all. */
export async function readHistory(
  delivery: Delivery,
  { after, limit = DEFAULT_LIMIT }: HistoryOptions,
): Promise<History> {
  const { log } = delivery;
  let point: StartPoint =
    after === undefined
      ? { after: Math.max(log.first - 1, log.last - limit), gap: undefined }
      : await findStartPoint(delivery, after, "now");
  const events: ChannelEvent[] = [];
  let reached = point.after;
  while (events.length < limit) {
    const entries = await log.read(reached, limit - events.length, Number.POSITIVE_INFINITY);
    if (entries === "gone") {
      // Trimmed while we read: begin again with what is left, and say so.
      point = afterGap(delivery, "trimmed", after ?? formatPosition(delivery.epoch, reached));
      reached = point.after;
      events.length = 0;
      continue;
    }
    if (entries.length === 0) break;
    for (const entry of entries) events.push(new KeptEvent(entry, delivery.epoch).copy());
    reached += entries.length;
  }
  return { events, position: formatPosition(delivery.epoch, reached), gap: point.gap };
}
