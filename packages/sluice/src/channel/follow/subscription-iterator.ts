import { inCurrentContext } from "../../base/context/async-context.ts";
import type { Position } from "../../base/position.ts";
import { holdProcess } from "../../base/time/timers.ts";
import { dataText } from "../../stream/source/data-text.ts";
import { isSseItem } from "../../stream/source/sse-item.ts";
import { StreamContext } from "../../stream/source/stream-context.ts";
import type { Delivery } from "../deliver/delivery.ts";
import { EventCopy } from "../event/event-copy.ts";
import type { Gap } from "../event/gap.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import type { ReceivedEvent } from "../event/received-event.ts";
import { parseData } from "../event/serializer.ts";
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

/** An item of an iteration that is a part of another one: an event, a position after which it continues, or both. */
export interface IteratedItem {
  readonly event?: EventCopy | undefined;
  /** `undefined`: the consumer must keep the position that it has. */
  readonly position?: Position | undefined;
  /** The gap that the event reports. */
  readonly gap?: Gap | undefined;
}

/** Options of an iteration. */
export interface IterationOptions {
  readonly lastEventId: string | undefined;
  /** True if the last event ID is no ID of this channel. */
  readonly isForeign?: boolean | undefined;
  /** Makes each result of the iteration. Default: the event of the item. */
  readonly present?: ((item: IteratedItem) => ReceivedEvent) | undefined;
  /** Ends the iteration when it aborts, also a pending `next()`. */
  readonly signal: AbortSignal | undefined;
  /** True if a pending `next()` keeps the process running: another process may publish the next event. */
  readonly holdsProcess: boolean;
}

/**
 * A subscription without HTTP, at the caller's pace. It starts at the channel's position when it is made, not at the
 * first `next()`. Unlike a generator's, its `return()` also ends a pending `next()`.
 */
export class SubscriptionIterator implements AsyncGenerator<ReceivedEvent, void, undefined> {
  readonly #delivery: Delivery;
  readonly #settings: SubscriptionSettings;
  readonly #context: StreamContext;
  readonly #signal: AbortSignal | undefined;
  readonly #holdsProcess: boolean;
  readonly #present: IterationOptions["present"];
  /** The start point, if it was found at once. */
  readonly start: StartPoint | undefined;
  readonly #items: AsyncGenerator<ReceivedEvent, void, undefined>;
  #stopped = false;
  #follower: Follower | undefined;

  constructor(delivery: Delivery, settings: SubscriptionSettings, options: IterationOptions) {
    const { lastEventId, isForeign, signal, holdsProcess, present } = options;
    this.#delivery = delivery;
    this.#signal = signal;
    this.#holdsProcess = holdsProcess;
    this.#present = present;
    this.#settings = settings;
    this.#context = new StreamContext(lastEventId, undefined);
    delivery.liveLog.flush();
    const found = findStartPoint(delivery.liveLog, { lastEventId, isForeign, ...settings });
    // The first `next()` reports a failure.
    if (found instanceof Promise) found.catch(() => undefined);
    else this.start = found;
    this.#items = this.#run(found, lastEventId === undefined);
    if (signal?.aborted) this.#end();
    else signal?.addEventListener("abort", this.#end);
  }

  next(): Promise<IteratorResult<ReceivedEvent, void>> {
    const next = this.#items.next();
    return this.#holdsProcess ? holdProcess(next) : next;
  }

  return(): Promise<IteratorResult<ReceivedEvent, void>> {
    this.#stop();
    return this.#items.return();
  }

  throw(error: unknown): Promise<IteratorResult<ReceivedEvent, void>> {
    this.#stop();
    return this.#items.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** The code that iterates may have begun with an iterable of the user's: it ends in the same async context. */
  readonly #end: () => void = inCurrentContext(() => void this.return());

  #stop(): void {
    this.#stopped = true;
    this.#signal?.removeEventListener("abort", this.#end);
    this.#context.abort("iteration ended");
    this.#follower?.stop();
  }

  async *#run(
    found: StartPoint | Promise<StartPoint>,
    isFresh: boolean,
  ): AsyncGenerator<ReceivedEvent, void, undefined> {
    const follower = new Follower(this.#delivery, this.#settings.selection);
    this.#follower = follower;
    try {
      let next: readonly KeptEvent[] | StartPoint | undefined = await this.#started(found);
      while (next !== undefined && !this.#stopped) {
        if ("gap" in next) yield* this.#begin(follower, next, isFresh);
        else yield* this.#eventItems(next);
        isFresh = false;
        // Do not keep the events while waiting for the next ones: many iterations may wait.
        next = undefined;
        next = await follower.next();
      }
    } finally {
      this.#stop();
    }
  }

  /** Resolves to the start point; to `undefined` if the channel closed during the lookup: the iteration then ends. */
  async #started(found: StartPoint | Promise<StartPoint>): Promise<StartPoint | undefined> {
    try {
      return await found;
    } catch (error) {
      if (this.#delivery.liveLog.closed) return undefined;
      throw error;
    }
  }

  *#eventItems(events: readonly KeptEvent[]): Generator<ReceivedEvent, void, undefined> {
    for (const event of events) {
      const copy = this.#delivery.liveLog.skipped.copyOf(event);
      if (copy !== undefined) yield this.#result({ event: copy, position: event.position });
    }
  }

  /** Yields the gap and the snapshot, and moves the follower to the position after them. */
  async *#begin(
    follower: Follower,
    start: StartPoint,
    isFresh: boolean,
  ): AsyncGenerator<ReceivedEvent, void, undefined> {
    const { liveLog, gapEvent } = this.#delivery;
    const offer = offerSnapshot(liveLog, this.#settings.initial);
    const { gap, snapshot, position } = beginningOf(start, isFresh, offer);
    follower.goTo(position);
    const isAt = snapshot === undefined ? { position } : {};
    if (gap !== undefined)
      yield this.#result({ event: new EventCopy({ type: gapEvent, data: gap, id: gap.resumesAfter }), gap, ...isAt });
    if (snapshot !== undefined) yield* this.#snapshotItems(snapshot);
    if (this.#present !== undefined) yield this.#present({ position });
  }

  #result(item: IteratedItem & { readonly event: EventCopy }): ReceivedEvent {
    return this.#present === undefined ? item.event : this.#present(item);
  }

  async *#snapshotItems({ initial, position }: SnapshotOffer): AsyncGenerator<ReceivedEvent, void, undefined> {
    const { liveLog, gapEvent } = this.#delivery;
    if (initial === "latest") {
      const snapshot = await latestSnapshot(liveLog, this.#settings.selection, position);
      if (snapshot?.isComplete === false) {
        const gap = incompleteGap(position);
        yield this.#result({ event: new EventCopy({ type: gapEvent, data: gap }), gap });
      }
      for (const event of snapshot?.events() ?? []) {
        const copy = liveLog.skipped.copyOf(event)?.withoutId();
        if (copy !== undefined) yield this.#result({ event: copy });
      }
      return;
    }
    for await (const item of this.#untilStopped(await initialItems(initial, this.#context))) {
      const event = this.#initialEvent(checkSnapshotItem(item));
      if (event !== undefined) yield this.#result({ event });
    }
  }

  /** Returns an item of `initial` as a client receives it; `undefined` if it has no data, such as a comment. */
  #initialEvent(item: unknown): EventCopy | undefined {
    const { serializer } = this.#delivery.liveLog;
    const { data, event: type = "message", retry } = isSseItem(item) ? item : { data: item };
    if (data === undefined && isSseItem(item) && (item.comment ?? retry) !== undefined) return undefined;
    const text = dataText(data, serializer?.serialize);
    const isText = typeof data === "string" && serializer === undefined;
    return new EventCopy({ type, data: isText ? text : parseData(type, text, serializer), retry }, serializer);
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
