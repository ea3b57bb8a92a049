import type { StreamHub } from "../stream-hub.ts";
import { checkDrainOptions, type DrainOptions } from "./drain-options.ts";

const STEP_MS = 20;

/**
 * Ends all streams in the order in which they were opened. On HTTP/2, sends GOAWAY first: no client may reconnect on
 * the same connection. Resolves when their connections have finished and `isBusy` returns false, or after the timeout.
 * `isBusy` returns true while other processes follow work of this one. Throws `INVALID_OPTION`.
 */
export async function drainStreams(
  hub: StreamHub,
  options: DrainOptions,
  isBusy: () => boolean,
  defaults?: DrainOptions,
): Promise<void> {
  const settings = checkDrainOptions(options, defaults);
  hub.beginDrain();
  const watching = settings.servers.map(hub.watchServer);
  if (settings.grace > 0) await pause(settings.grace);
  hub.refuseNew();
  for (const watched of watching) await watched;
  if (hub.endInOrder) return hub.endInOrder(hub, settings, isBusy);
  const latest = performance.now() + settings.timeout;
  while ((hub.unfinished > 0 || isBusy()) && performance.now() < latest) await pause(STEP_MS);
}

/** As `sleep` in `base/time/timers.ts`, without the other timers, which the core does not need. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
