import type {
  EventStreamOptions,
  Sharing,
  StreamGap,
  StreamState,
  StreamUrl,
} from "../../../../../src/client/index.ts";
import type { AttemptEnd } from "../../../../../src/client/stream/attempt/attempt-end.ts";
import { createLoop, type StreamOwner } from "../../../../../src/client/stream/attempt-loop.ts";
import { checkStreamOptions } from "../../../../../src/client/stream/check-stream-options.ts";
import { createDelivery } from "../../../../../src/client/stream/deliver/delivery.ts";
import { keepPosition } from "../../../../../src/client/stream/keep-position.ts";
import { loadRest } from "../../../../../src/client/stream/load-rest.ts";
import { useShortStreams } from "../../../../../src/client/stream/short-streams.ts";
import { share } from "../../../../../src/client/stream/tabs/share.ts";
import type { FakeTab } from "./fake-browser.ts";

/** A stream of a tab of a fake browser, and what its consumer received. */
export interface SharedStream {
  readonly received: number[];
  readonly gaps: StreamGap[];
  readonly errors: unknown[];
  readonly changes: [StreamState, Sharing][];
  readonly state: StreamState;
  readonly sharing: Sharing;
  readonly lastEventId: string;
  readonly closed: Promise<AttemptEnd>;
  /** Work of the consumer for each event. */
  work: ((data: number) => unknown) | undefined;
  reconnect(): void;
  pause(isPaused: boolean): void;
  close(): void;
}

/** Loads the code that a stream loads on demand, which takes its time in tests. */
export async function loadAll(): Promise<void> {
  await loadRest();
}

/** Opens a stream as `openEventStream()` does, but with the globals of the tab. */
export function openShared(tab: FakeTab, url: StreamUrl, options: EventStreamOptions = {}): SharedStream {
  const errors: unknown[] = [];
  const settings = checkStreamOptions(url, {
    shareAcrossTabs: true,
    onError: (error) => errors.push(error),
    ...options,
  });
  const over = new AbortController();
  let resolve: (end: AttemptEnd) => void = () => {};
  const closed = new Promise<AttemptEnd>((done) => {
    resolve = done;
  });
  const shown: { sharing: Sharing } = { sharing: "alone" };
  const owner: StreamOwner = {
    changed: () => void shared.changes.push([loop.state, shown.sharing]),
    finished(end) {
      over.abort();
      delivery.end(undefined);
      resolve(end);
    },
    failed: (error, stage) => settings.onError(error, { stage }),
  };
  const delivery = createDelivery(settings, { moved: (id) => owner.kept?.save(id), failed: owner.failed });
  const loop = createLoop(settings, delivery, owner);
  const shared: SharedStream = {
    received: [],
    gaps: [],
    errors,
    changes: [],
    get state() {
      return loop.state;
    },
    get sharing() {
      return shown.sharing;
    },
    get lastEventId() {
      return delivery.done;
    },
    closed,
    work: undefined,
    reconnect: () => loop.renew("reconnect"),
    pause: (isPaused) => loop.pause(isPaused, "hidden"),
    close: () => loop.finish({ type: "closed" }),
  };
  delivery.add({
    type: "n",
    listener: (data) => {
      if (!tab.isAlive) return undefined;
      const { n } = data as { n: number };
      shared.received.push(n);
      return shared.work?.(n);
    },
  });
  delivery.add({ type: "gap", listener: (gap) => void shared.gaps.push(gap as StreamGap) });
  tab.crashed.signal.addEventListener("abort", () => over.abort());
  share(loop, settings, delivery, over.signal, owner, createLoop, keepPosition, useShortStreams, shown, tab.world);
  void Promise.resolve(owner.kept?.load()).then((position) => {
    delivery.pass(position || settings.lastEventId);
    return loop.run();
  });
  return shared;
}
