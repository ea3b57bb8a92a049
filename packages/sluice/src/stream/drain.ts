import { checkDrainOptions, type DrainOptions } from "./drain-options.ts";
import type { StreamHub } from "./stream-hub.ts";

const STEP_MS = 20;

/**
 * Ends all streams in the order in which they were opened. On HTTP/2, sends GOAWAY first: a client that reconnected on
 * the same connection would receive 503. Resolves when their connections have finished and `isBusy` returns false, or
 * after the timeout. `isBusy` returns true while other processes follow work of this one. Throws `INVALID_OPTION`.
 */
export async function drainStreams(
  hub: StreamHub,
  options: DrainOptions,
  isBusy: () => boolean,
  defaults?: DrainOptions,
): Promise<void> {
  const settings = checkDrainOptions(options, defaults);
  hub.beginDrain();
  if (settings.grace > 0) await pause(settings.grace);
  hub.refuseNew();
  if (hub.endInOrder) return hub.endInOrder(hub, settings, isBusy);
  const latest = performance.now() + settings.timeout;
  while ((hub.unfinished > 0 || isBusy()) && performance.now() < latest) await pause(STEP_MS);
}

/** As `sleep` in `base/timers.ts`, without the other timers, which the core does not need. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
