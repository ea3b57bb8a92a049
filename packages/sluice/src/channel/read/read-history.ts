import { formatPosition } from "../../base/position.ts";
import type { ChannelLog } from "../../logs/log.ts";
import type { ChannelEvent } from "../event/kept-event.ts";
import { KeptEvent } from "../event/kept-event.ts";
import { selects } from "../event/selection.ts";
import type { History, HistoryQuery } from "./history.ts";
import { throwIfLifeLeft } from "./left-life.ts";
import type { LiveLog } from "./live/live-log.ts";
import { findStartPoint, startAfterGap } from "./start-point.ts";

/** Events in the first block that is read, unless the limit is larger. Each next block is twice as large. */
const FIRST_BLOCK_EVENTS = 32;
const MAX_BLOCK_EVENTS = 1_000;
const BLOCK_BYTES = 1024 * 1024;

/**
 * Reads the events of a query from the log, in blocks. It reads little more than it returns, and each block waits for a
 * turn of its own, so that many histories at once leave the event loop to others in between.
 */
export function readHistory(liveLog: LiveLog, query: HistoryQuery): Promise<History> {
  return query.after === undefined ? readNewest(liveLog, query) : readAfter(liveLog, query, query.after);
}

/** Reads backwards from the newest event. */
async function readNewest(liveLog: LiveLog, query: HistoryQuery): Promise<History> {
  const { log } = liveLog;
  await log.sync();
  const { epoch, last } = log;
  let found: KeptEvent[] = [];
  let size = firstBlockSize(query);
  for (let through = last; through >= log.first && found.length < query.limit; ) {
    const after = Math.max(log.first - 1, through - size);
    const block = await readBlock(liveLog, after, through);
    // Trimmed meanwhile. A part of the block may be left.
    if (block === "gone") await log.sync();
    // The log began a new life: begin again with its events.
    if (epoch !== log.epoch) return readNewest(liveLog, query);
    if (block === "gone") {
      if (log.first <= after + 1) break;
      continue;
    }
    found = [...select(liveLog, query, block), ...found];
    through = after;
    size = Math.min(size * 2, MAX_BLOCK_EVENTS);
  }
  const events = copies(liveLog, found.slice(-query.limit));
  return { events, position: formatPosition({ epoch, offset: last }), gap: undefined };
}

/** Reads forwards from an event ID. */
async function readAfter(liveLog: LiveLog, query: HistoryQuery, after: string): Promise<History> {
  const { log } = liveLog;
  const { selection, limit } = query;
  let start = await findStartPoint(liveLog, { lastEventId: after, from: "now", selection });
  let found: KeptEvent[] = [];
  let reached = start.position.offset;
  let size = firstBlockSize(query);
  while (found.length < limit) {
    await liveLog.historyTurns.next();
    const entries = await log.read(reached, size, BLOCK_BYTES);
    if (entries === "gone") await log.sync();
    throwIfLifeLeft(liveLog);
    const isNewLife = start.position.epoch !== liveLog.epoch;
    if (entries === "gone" || isNewLife) {
      // Entries were trimmed or lost meanwhile. Begin again with the entries that are left, and report the gap.
      start = isNewLife
        ? await findStartPoint(liveLog, { lastEventId: after, from: "now", selection })
        : startAfterGap(liveLog, start.gap?.reason ?? "trimmed", after);
      reached = start.position.offset;
      found = [];
      continue;
    }
    if (entries.length === 0) break;
    for (const entry of entries) {
      if (found.length === limit) break;
      found.push(...select(liveLog, query, [new KeptEvent(entry, liveLog.epoch, liveLog.serializer)]));
      reached = entry.offset;
    }
    size = Math.min(size * 2, MAX_BLOCK_EVENTS);
  }
  const position = formatPosition({ epoch: liveLog.epoch, offset: reached });
  return { events: copies(liveLog, found), position, gap: start.gap };
}

/** Reads the entries after the offset `after`, up to `through`. */
async function readBlock(liveLog: LiveLog, after: number, through: number): Promise<KeptEvent[] | "gone"> {
  const { log } = liveLog;
  const { epoch }: Pick<ChannelLog, "epoch"> = log;
  const events: KeptEvent[] = [];
  for (let reached = after; reached < through && epoch === log.epoch; ) {
    await liveLog.historyTurns.next();
    const entries = await log.read(reached, through - reached, BLOCK_BYTES);
    if (entries === "gone") return "gone";
    if (entries.length === 0) break;
    for (const entry of entries) events.push(new KeptEvent(entry, epoch, liveLog.serializer));
    reached = entries[entries.length - 1]!.offset;
  }
  return events;
}

function firstBlockSize({ limit }: HistoryQuery): number {
  return Math.min(MAX_BLOCK_EVENTS, Math.max(FIRST_BLOCK_EVENTS, limit));
}

function select(liveLog: LiveLog, { selection }: HistoryQuery, events: readonly KeptEvent[]): KeptEvent[] {
  return events.filter((event) => {
    if (!event.isSound) liveLog.skipped.reportUnsound(event);
    return selects(selection, event, liveLog.onFilterError);
  });
}

function copies(liveLog: LiveLog, events: readonly KeptEvent[]): ChannelEvent[] {
  return events.map((event) => liveLog.skipped.copyOf(event)).filter((copy) => copy !== undefined);
}
