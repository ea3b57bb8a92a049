import { type KeptPosition, keepPosition, type PersistSettings } from "./keep-position.ts";
import { type ShortDelivery, type ShortLoop, type ShortSettings, useShortStreams } from "./short-streams.ts";
import type { StreamErrorContext } from "./stream-options.ts";
import { type SurroundedStream, watchSurroundings } from "./surroundings.ts";

/**
 * Adapts a stream to the network, the page and the machine until the signal aborts. Returns its kept position;
 * `undefined` without a store.
 */
export function accompany(
  loop: SurroundedStream & ShortLoop,
  settings: ShortSettings & PersistSettings & { readonly pauseWhenHidden: boolean },
  delivery: ShortDelivery,
  signal: AbortSignal,
  failed: (error: unknown, stage: StreamErrorContext["stage"]) => void,
): KeptPosition | undefined {
  if (!signal.aborted) {
    watchSurroundings(loop, settings.pauseWhenHidden, signal);
    useShortStreams(settings, delivery, loop, signal);
  }
  return keepPosition(settings, failed);
}
