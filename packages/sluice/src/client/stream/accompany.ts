import { type ShortDelivery, type ShortLoop, type ShortSettings, useShortStreams } from "./short-streams.ts";
import { type SurroundedStream, watchSurroundings } from "./surroundings.ts";

/** Adapts a stream to the network, the page and the machine until the signal aborts. */
export function accompany(
  loop: SurroundedStream & ShortLoop,
  settings: ShortSettings & { readonly pauseWhenHidden: boolean },
  delivery: ShortDelivery,
  signal: AbortSignal,
): void {
  if (signal.aborted) return;
  watchSurroundings(loop, settings.pauseWhenHidden, signal);
  useShortStreams(settings, delivery, loop, signal);
}
