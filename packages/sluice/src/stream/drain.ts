import { checkNames, checkNumber } from "../base/check-option.ts";
import { toBytes } from "../protocol/bytes.ts";
import { Piece } from "./body/piece.ts";
import type { EventStream } from "./event-stream.ts";
import type { StreamHub } from "./stream-hub.ts";

/** How streams are ended before a shutdown. */
export interface DrainOptions {
  /**
   * Time before anything is ended or refused, in ms, in which `health()` already says `draining`: for a load balancer to notice, since a
   * native EventSource that is answered with 503 gives up for good. Default: 0. It comes before `timeout`.
   */
  readonly grace?: number;
  /**
   * Time for all of it, in ms. Default: 10 000. Job streams may run on until then, and so may jobs that others follow on other processes; after it, connections that are still open are cut.
   */
  readonly timeout?: number;
  /** Time over which the other streams are ended one after another, in ms; at most `timeout`. Default: 2 000, or half of `timeout` where that is less. */
  readonly pace?: number;
  /**
   * Time over which subscribers are spread when they come back, in ms: each is told a reconnection time between its
   * `retry`, or when this drain will be over where that is later, and that much more. Default: 3 000.
   */
  readonly spread?: number;
}

const TIMEOUT_MS = 10_000;
const PACE_MS = 2_000;
const SPREAD_MS = 3_000;
const STEP_MS = 20;
const MAX_GRACE_MS = 600_000;

/**
 * Ends all streams, in the order in which they were opened, and resolves when their connections are done with them and nothing else is
 * under way that others wait for.
 */
export async function drainStreams(hub: StreamHub, options: DrainOptions, isBusy: () => boolean): Promise<void> {
  checkNames("drain", options, ["grace", "timeout", "pace", "spread"]);
  const grace = checkNumber("grace", options.grace, 0, { max: MAX_GRACE_MS, unit: "ms" });
  const timeout = checkNumber("timeout", options.timeout, TIMEOUT_MS, { unit: "ms" });
  const pace = Math.min(timeout, checkNumber("pace", options.pace, Math.min(PACE_MS, timeout / 2), { unit: "ms" }));
  const spread = checkNumber("spread", options.spread, SPREAD_MS, { unit: "ms" });
  hub.beginDrain();
  if (grace > 0) await sleep(grace);
  hub.refuseNew();
  const start = performance.now();
  const passed = () => performance.now() - start;

  const endable: EventStream[] = [...hub.streams].filter((stream) => !stream.feed.finite);
  // Who comes back while this process still refuses is refused for good, where it is a native EventSource.
  const over = endable.length < hub.streams.size || isBusy() ? timeout : pace;
  const last = ({ retry }: EventStream) => {
    const soonest = Math.max(retry, over - passed());
    return new Piece(toBytes(`retry: ${Math.round(soonest + spread * Math.random())}\n\n`), 0);
  };
  let ended = 0;
  while (ended < endable.length) {
    const due =
      pace <= STEP_MS
        ? endable.length
        : Math.min(endable.length, Math.ceil((endable.length * (passed() + STEP_MS)) / pace));
    for (const stream of endable.slice(ended, due)) stream.close("drained", last(stream));
    ended = Math.max(ended, due);
    // Those that are gone already take no time.
    while (endable[ended]?.ended) ended++;
    if (ended < endable.length) await sleep(STEP_MS);
  }
  while ((hub.unfinished > 0 || isBusy()) && passed() < timeout) await sleep(STEP_MS);
  for (const opening of [...hub.opening]) opening.giveUp();
  for (const stream of [...hub.streams]) stream.close("drained", last(stream));
  // The last bytes of what was ended just now get a turn to leave.
  if (hub.ending.size > 0) await sleep(STEP_MS);
  for (const stream of [...hub.ending]) stream.sink.destroy();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
