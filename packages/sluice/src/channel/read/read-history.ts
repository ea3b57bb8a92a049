import { formatPosition } from "../../base/position.ts";
import { afterTurn } from "../../base/timers.ts";
import type { Delivery } from "../deliver/delivery.ts";
import { type ChannelEvent, KeptEvent } from "../event/kept-event.ts";
import { selects } from "../event/selection.ts";
import type { History, HistoryQuery } from "./history.ts";
import { afterGap, findStartPoint, type StartPoint } from "./start-point.ts";

/** Read at a time. */
const READ_EVENTS = 1_000;
const READ_BYTES = 1024 * 1024;

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
  return { events, position: formatPosition({ epoch: delivery.epoch, offset: reached }), gap: point.gap };
}
