import { formatPosition } from "../../base/position.ts";
import { afterTurn } from "../../base/timers.ts";
import { type ChannelEvent, KeptEvent } from "../event/kept-event.ts";
import { selects } from "../event/selection.ts";
import type { History, HistoryQuery } from "./history.ts";
import type { LiveLog } from "./live-log.ts";
import { findStartPoint, type StartPoint, startAfterGap } from "./start-point.ts";

const READ_EVENTS = 1_000;
const READ_BYTES = 1024 * 1024;

/**
 * Reads the events of a query from the log. The window would be faster, but this is no hot path and the log has all.
 */
export async function readHistory(liveLog: LiveLog, { selection, after, limit }: HistoryQuery): Promise<History> {
  const { log } = liveLog;
  const oldest = (): StartPoint => ({ position: liveLog.positionAt(log.first - 1), gap: undefined });
  const find = () =>
    after === undefined ? oldest() : findStartPoint(liveLog, { lastEventId: after, from: "now", selection });
  let start = await find();
  let events: ChannelEvent[] = [];
  let reached = start.position.offset;
  while (after === undefined || events.length < limit) {
    const entries = await log.read(reached, READ_EVENTS, READ_BYTES);
    if (entries === "gone") await log.sync();
    // Give the event loop a turn: a log that answers at once would keep it for the whole read.
    else await new Promise<void>(afterTurn);
    const isNewLife = start.position.epoch !== liveLog.epoch;
    if (entries === "gone" || isNewLife) {
      // Entries were trimmed or lost during the read. Begin again with the entries that are left, and report the gap.
      if (isNewLife) start = await find();
      else start = after === undefined ? oldest() : startAfterGap(liveLog, "trimmed", after);
      reached = start.position.offset;
      events = [];
      continue;
    }
    if (entries.length === 0) break;
    for (const entry of entries) {
      if (after !== undefined && events.length === limit) break;
      const event = new KeptEvent(entry, liveLog.epoch);
      if (selects(selection, event, liveLog.onFilterError)) events.push(event.copy());
      reached = entry.offset;
    }
    if (events.length > limit && after === undefined) events = events.slice(-limit);
  }
  return { events, position: formatPosition({ epoch: liveLog.epoch, offset: reached }), gap: start.gap };
}
