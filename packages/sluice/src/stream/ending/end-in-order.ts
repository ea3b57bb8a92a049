import { sleep } from "../../base/time/timers.ts";
import type { EventStream } from "../event-stream.ts";
import type { StreamHub } from "../stream-hub.ts";
import type { DrainSettings } from "./drain-options.ts";

const STEP_MS = 20;

/**
 * Ends all streams in the order in which they were opened. Resolves when their connections have finished and `isBusy`
 * returns false, or after the timeout. Loaded with the first stream.
 */
export async function endInOrder(hub: StreamHub, options: DrainSettings, isBusy: () => boolean): Promise<void> {
  const { timeout, pace, spread } = options;
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
  const left = timeout && Math.max(1, timeout - passed());
  await Promise.all([...hub.connections.values()].map((connections) => connections.finish(left)));
}
