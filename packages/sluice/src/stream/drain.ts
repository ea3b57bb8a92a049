import { sleep } from "../base/core-timers.ts";
import { checkDrainOptions, type DrainOptions } from "./drain-options.ts";
import type { EventStream } from "./event-stream.ts";
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
  const { grace, timeout, pace, spread } = checkDrainOptions(options, defaults);
  hub.beginDrain();
  if (grace > 0) await sleep(grace);
  hub.refuseNew();
  const start = performance.now();
  const passed = () => performance.now() - start;

  const endable = [...hub.streams].filter((stream) => !stream.feed.finite);
  // A native EventSource that reconnects while this process still refuses gives up for good. So none may return before
  // the drain is over.
  const duration = endable.length < hub.streams.size || isBusy() ? timeout : pace;
  const end = (stream: EventStream) => {
    const soonest = Math.max(stream.retry, duration - passed());
    stream.close("drained", Math.round(soonest + spread * Math.random()));
  };
  let ended = 0;
  while (ended < endable.length) {
    const due =
      pace <= STEP_MS
        ? endable.length
        : Math.min(endable.length, Math.ceil((endable.length * (passed() + STEP_MS)) / pace));
    for (const stream of endable.slice(ended, due)) end(stream);
    ended = Math.max(ended, due);
    // Streams that have ended by themselves take no time.
    while (endable[ended]?.ended) ended++;
    if (ended < endable.length) await sleep(STEP_MS);
  }
  while ((hub.unfinished > 0 || isBusy()) && passed() < timeout) await sleep(STEP_MS);
  for (const opening of [...hub.opening]) opening.close("drained");
  for (const stream of [...hub.streams]) end(stream);
  // The last bytes of the streams that just ended get some time to leave.
  if (hub.ending.size > 0) await sleep(STEP_MS);
  for (const stream of [...hub.ending]) stream.sink.destroy();
  await hub.sessions?.finish(timeout && Math.max(1, timeout - passed()));
}
