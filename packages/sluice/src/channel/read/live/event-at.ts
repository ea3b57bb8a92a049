import { KeptEvent } from "../../event/kept-event.ts";
import type { LiveLog } from "./live-log.ts";

/** The part of a live log in which one event is looked up. */
export type EventsInReach = Pick<LiveLog, "log" | "epoch" | "window" | "serializer">;

/**
 * Resolves to the event at an offset, from the window or the log; `undefined` if it is not kept, or if a new life of
 * the log begins meanwhile, in which the offset may mean another event.
 */
export async function eventAt(liveLog: EventsInReach, offset: number): Promise<KeptEvent | undefined> {
  const { log, window, serializer } = liveLog;
  const { epoch } = log;
  const inWindow = epoch === liveLog.epoch ? window.at(offset) : undefined;
  if (inWindow !== undefined) return inWindow;
  const entries = await log.read(offset - 1, 1, Number.POSITIVE_INFINITY);
  if (entries === "gone" || epoch !== log.epoch) return undefined;
  const [entry] = entries;
  return entry?.offset === offset ? new KeptEvent(entry, epoch, serializer) : undefined;
}
