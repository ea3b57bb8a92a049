import { formatPosition } from "../../base/position.ts";
import { SseItem } from "../../stream/source/sse-item.ts";
import { StreamContext } from "../../stream/source/stream-context.ts";
import type { CursorSetup } from "../deliver/cursor.ts";
import type { Delivery } from "../deliver/delivery.ts";
import type { Gap } from "../event/gap.ts";
import { KeptEvent } from "../event/kept-event.ts";
import { snapshotEvents } from "../read/snapshot.ts";
import { findStartPoint, type StartPoint } from "../read/start-point.ts";
import { Follower } from "./follower.ts";

/**
 * A subscription without HTTP: a walk at the pace of whoever iterates. It begins where the channel is when it is made, not when it is first
 * asked. Unlike a generator's, its `return` also ends a `next` that waits.
 */
export class SubscriptionIterator implements AsyncGenerator<SseItem, void, undefined> {
  readonly #delivery: Delivery;
  readonly #setup: CursorSetup;
  readonly #context: StreamContext;
  readonly #items: AsyncGenerator<SseItem, void, undefined>;
  #stopped = false;
  #walk: Follower | undefined;

  constructor(delivery: Delivery, setup: CursorSetup, lastEventId: string | undefined) {
    this.#delivery = delivery;
    this.#setup = setup;
    this.#context = new StreamContext(lastEventId, undefined);
    delivery.flush();
    const found = findStartPoint(delivery, lastEventId, setup.from);
    // Whoever asks for the first one hears of it.
    if (found instanceof Promise) found.catch(() => undefined);
    this.#items = this.#run(found, lastEventId === undefined);
  }

  next(): Promise<IteratorResult<SseItem, void>> {
    return this.#items.next();
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

  #stop(): void {
    this.#stopped = true;
    this.#context.abort("iteration ended");
    this.#walk?.stop();
  }

  async *#run(found: StartPoint | Promise<StartPoint>, isFresh: boolean): AsyncGenerator<SseItem, void, undefined> {
    const walk = new Follower(this.#delivery, this.#setup.selection);
    this.#walk = walk;
    try {
      let next: readonly KeptEvent[] | StartPoint | undefined = await found;
      for (; next !== undefined && !this.#stopped; next = await walk.next()) {
        if ("gap" in next) yield* this.#begin(walk, next, isFresh);
        else for (const event of next) yield itemOf(event);
        isFresh = false;
      }
    } finally {
      this.#stop();
    }
  }

  /** Says where it goes on, and what it begins with. */
  async *#begin(walk: Follower, point: StartPoint, isFresh: boolean): AsyncGenerator<SseItem, void, undefined> {
    const delivery = this.#delivery;
    const { initial } = this.#setup;
    const { gap } = point;
    const withSnapshot = initial !== undefined && (isFresh || gap !== undefined);
    // What is not flushed yet is in the snapshot.
    if (withSnapshot) delivery.flush();
    // The log may have begun another life since this point was found.
    const { epoch, after } = withSnapshot ? { epoch: delivery.epoch, after: delivery.flushed } : point;
    walk.goTo({ epoch, after });
    if (gap !== undefined)
      yield gapItem({ ...gap, resumesAfter: formatPosition({ epoch, offset: after }) }, delivery.gapEvent);
    if (withSnapshot) yield* snapshotItems(delivery, this.#setup, this.#context, after);
  }
}

async function* snapshotItems(
  delivery: Delivery,
  setup: CursorSetup,
  context: StreamContext,
  through: number,
): AsyncGenerator<SseItem, void, undefined> {
  for await (const event of snapshotEvents(delivery, setup.selection, setup.initial!, context, through)) {
    if (event instanceof KeptEvent) yield new SseItem(event.copy().data, { event: event.entry.type });
    else yield event instanceof SseItem ? event : new SseItem(event);
  }
}

function itemOf(event: KeptEvent): SseItem {
  const { type, data } = event.copy();
  return new SseItem(data, { event: type, id: event.id, retry: event.entry.retry });
}

function gapItem(gap: Gap, event: string): SseItem<Gap> {
  return new SseItem(gap, { event, id: gap.resumesAfter });
}
