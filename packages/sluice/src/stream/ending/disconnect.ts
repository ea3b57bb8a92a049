import { type ConnectionSelector, matcherOf } from "../connection-selector.ts";
import type { StreamHub } from "../stream-hub.ts";

/**
 * Ends the streams of this process that the selector selects, and refuses the selected requests that have no stream
 * yet. Returns their number. `openedUntil` spares later requests; it is a time on the clock of `performance.now()`.
 * Throws `INVALID_OPTION` if the selector is not valid. If a selector that is a function fails, throws its first error
 * after all streams for which it returned true have ended.
 */
export function disconnectStreams(
  hub: StreamHub,
  selector: ConnectionSelector,
  openedUntil: number = Number.POSITIVE_INFINITY,
): number {
  const failures: unknown[] = [];
  const isSelected = matcherOf(selector, (error) => failures.push(error));
  const selected = [...hub.streams, ...hub.opening, ...hub.loading].filter(
    (stream) => stream.beganAt <= openedUntil && isSelected(stream),
  );
  for (const stream of selected) stream.close("disconnected");
  if (failures.length > 0) throw failures[0];
  return selected.length;
}
