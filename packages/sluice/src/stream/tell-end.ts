import type { CloseReason } from "./close-reason.ts";
import { connectionOf } from "./connections.ts";
import type { EventStream } from "./event-stream.ts";
import type { StreamHub } from "./stream-hub.ts";
import type { StreamOptions } from "./stream-options.ts";

/** Tells the end of a stream, or that there was none. */
export type TellEnd = (reason: CloseReason, stream?: EventStream) => void;

/**
 * Makes what tells everybody the end. It outlives the opening by as long as the stream, and so holds no more than it needs:
 * what a stream holds is what ten thousand hold.
 */
export function endTeller(
  hub: StreamHub,
  onClose: StreamOptions["onClose"],
  resolve: (reason: CloseReason) => void,
): TellEnd {
  return (reason, stream) => {
    if (reason === "refused") hub.closedByReason.refused++;
    const report = (error: unknown) => hub.report(error, { stage: "on-close" });
    try {
      const told: unknown = onClose?.(reason, stream && connectionOf(stream));
      if (told instanceof Promise) told.catch(report);
    } catch (error) {
      report(error);
    }
    resolve(reason);
  };
}
