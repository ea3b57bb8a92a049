import type { CloseReason } from "./close-reason.ts";
import { connectionOf } from "./connections.ts";
import type { EventStream } from "./event-stream.ts";
import type { StreamOptions } from "./opening/stream-options.ts";
import type { StreamHub } from "./stream-hub.ts";

/** Who hears of the end of a stream, or that there was none. */
export interface EndListeners {
  readonly onClose: StreamOptions["onClose"];
  readonly resolve: (reason: CloseReason) => void;
}

/** Tells them. `stream` is absent where there was none. */
export function notifyClosed(
  hub: StreamHub,
  { onClose, resolve }: EndListeners,
  reason: CloseReason,
  stream?: EventStream,
): void {
  if (reason === "refused") hub.closedByReason.refused++;
  const report = (error: unknown) => hub.report(error, { stage: "on-close" });
  try {
    const told: unknown = onClose?.(reason, stream && connectionOf(stream));
    if (told instanceof Promise) told.catch(report);
  } catch (error) {
    report(error);
  }
  resolve(reason);
}
