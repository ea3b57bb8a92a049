import { holdProcess } from "../../base/timers.ts";
import { isSseItem, SseItem } from "../../stream/source/sse-item.ts";
import { StreamContext } from "../../stream/source/stream-context.ts";
import type { Delivery } from "../deliver/delivery.ts";
import type { Gap } from "../event/gap.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import { beginningOf } from "../read/beginning.ts";
import {
  checkSnapshotItem,
  incompleteGap,
  initialItems,
  latestSnapshot,
  offerSnapshot,
  type SnapshotOffer,
} from "../read/snapshot.ts";
import { findStartPoint, type StartPoint } from "../read/start-point.ts";
import type { SubscriptionSettings } from "../subscribe-options.ts";
import { Follower } from "./follower.ts";

/** Options of an iteration. */
export interface IterationOptions {
  readonly lastEventId: string | undefined;
  /** Ends the iteration when it aborts, also a pending `next()`. */
  readonly signal: AbortSignal | undefined;
  /** True if a pending `next()` keeps the process running: another process may publish the next event. */
  readonly holdsProcess: boolean;
}

/**
 * A subscription without HTTP, at the caller's pace. It starts at the channel's position when it is made, not at the
 * first `next()`. Unlike a generator's, its `return()` also ends a pending `next()`.
 */
export class SubscriptionIterator implements AsyncGenerator<SseItem, void, undefined> {
  readonly #delivery: Delivery;
  readonly #settings: SubscriptionSettings;
  readonly #context: StreamContext;
  readonly #signal: AbortSignal | undefined;
  readonly #holdsProcess: boolean;
  readonly #items: AsyncGenerator<SseItem, void, undefined>;
  #stopped = false;
  #follower: Follower | undefined;

  constructor(delivery: Delivery, settings: SubscriptionSettings, options: IterationOptions) {
    const { lastEventId, signal, holdsProcess } = options;
    this.#delivery = delivery;
    this.#signal = signal;
    this.#holdsProcess = holdsProcess;
    this.#settings = settings;
    this.#context = new StreamContext(lastEventId, undefined);
    delivery.liveLog.flush();
    const found = findStartPoint(delivery.liveLog, { lastEventId, ...settings });
    // The first `next()` reports a failure.
    if (found instanceof Promise) found.catch(() => undefined);
    this.#items = this.#run(found, lastEventId === undefined);
    if (signal?.aborted) this.#end();
    else signal?.addEventListener("abort", this.#end);
  }

  next(): Promise<IteratorResult<SseItem, void>> {
    const next = this.#items.next();
    return this.#holdsProcess ? holdProcess(next) : next;
  }

  return(): Promise<IteratorResult<SseItem, void>> {
    this.#stop();
    return this.#items.return();
  }

  throw(error: unknown): Promise<IteratorResult<SseItem, void>> {
    this.#stop();
    return this.#items.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  readonly #end = (): void => void this.return();

  #stop(): void {
    this.#stopped = true;
    this.#signal?.removeEventListener("abort", this.#end);
    this.#context.abort("iteration ended");
    this.#follower?.stop();
  }

  async *#run(found: StartPoint | Promise<StartPoint>, isFresh: boolean): AsyncGenerator<SseItem, void, undefined> {
    const follower = new Follower(this.#delivery, this.#settings.selection);
    this.#follower = follower;
    try {
      let next: readonly KeptEvent[] | StartPoint | undefined = await found;
      for (; next !== undefined && !this.#stopped; next = await follower.next()) {
        if ("gap" in next) yield* this.#begin(follower, next, isFresh);
        else yield* this.#eventItems(next);
        isFresh = false;
      }
    } finally {
      this.#stop();
    }
  }

  *#eventItems(events: readonly KeptEvent[]): Generator<SseItem, void, undefined> {
    for (const event of events) {
      const copy = this.#delivery.liveLog.copyOf(event);
      if (copy !== undefined) yield new SseItem(copy.data, { event: copy.type, id: copy.id, retry: event.entry.retry });
    }
  }

  /** Yields the gap and the snapshot, and moves the follower to the position after them. */
  async *#begin(follower: Follower, start: StartPoint, isFresh: boolean): AsyncGenerator<SseItem, void, undefined> {
    const { liveLog, gapEvent } = this.#delivery;
    const offer = offerSnapshot(liveLog, this.#settings.initial);
    const { gap, snapshot, position } = beginningOf(start, isFresh, offer);
    follower.goTo(position);
    if (gap !== undefined) yield gapItem(gap, gapEvent);
    if (snapshot !== undefined) yield* this.#snapshotItems(snapshot);
  }

  async *#snapshotItems({ initial, position }: SnapshotOffer): AsyncGenerator<SseItem, void, undefined> {
    const { liveLog, gapEvent } = this.#delivery;
    if (initial === "latest") {
      const snapshot = await latestSnapshot(liveLog, this.#settings.selection, position);
      if (snapshot?.isComplete === false) yield new SseItem(incompleteGap(position), { event: gapEvent });
      for (const event of snapshot?.events() ?? []) {
        const copy = liveLog.copyOf(event);
        if (copy !== undefined) yield new SseItem(copy.data, { event: copy.type });
      }
      return;
    }
    for await (const item of this.#untilStopped(await initialItems(initial, this.#context))) {
      checkSnapshotItem(item);
      yield isSseItem(item) ? item : new SseItem(item);
    }
  }

  /** Yields the items, and ends when the iteration is stopped, even if the iterable never answers. */
  async *#untilStopped(items: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<unknown, void, undefined> {
    const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    const stopped = new Promise<IteratorReturnResult<undefined>>((resolve) => {
      this.#context.signal.addEventListener("abort", () => resolve({ done: true, value: undefined }), { once: true });
    });
    try {
      while (!this.#stopped) {
        const { done, value } = await Promise.race([iterator.next(), stopped]);
        if (done === true) return;
        yield value;
      }
    } finally {
      // Not awaited: the iterable may never answer.
      void (async () => iterator.return?.())().catch((error) => this.#delivery.report(error, "initial"));
    }
  }
}

function gapItem(gap: Gap, event: string): SseItem<Gap> {
  return new SseItem(gap, { event, id: gap.resumesAfter });
}
