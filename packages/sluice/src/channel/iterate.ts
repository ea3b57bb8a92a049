import { LazyContext } from "../stream/lazy-context.ts";
import { SseItem } from "../stream/sse-item.ts";
import type { CursorSetup } from "./cursor.ts";
import type { Delivery } from "./delivery.ts";
import type { Gap } from "./gap.ts";
import { KeptEvent } from "./kept-event.ts";
import { formatPosition } from "./position.ts";
import { snapshotEvents } from "./snapshot.ts";
import { afterGap, findStartPoint, type StartPoint } from "./start-point.ts";

/**
 * A subscription without HTTP: the same cursor, moved on by whoever iterates, at its pace. Nothing is queued for it.
 * It begins where the channel is when it is made, not when it is first asked. Unlike a generator's, its `return` also ends a
 * `next` that waits.
 */
export class SubscriptionIterator implements AsyncGenerator<SseItem, void, undefined> {
  readonly #items: AsyncGenerator<SseItem, void, undefined>;
  readonly #context: LazyContext;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(opening: Delivery | Promise<Delivery>, setup: CursorSetup, lastEventId: string | undefined) {
    this.#context = new LazyContext(lastEventId, undefined);
    const start = (delivery: Delivery) => {
      delivery.flush();
      return { delivery, point: findStartPoint(delivery, lastEventId, setup.from) };
    };
    const started = opening instanceof Promise ? opening.then(start) : start(opening);
    if (started instanceof Promise) started.catch(() => undefined);
    this.#items = this.#run(started, setup, lastEventId);
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
    this.#wake?.();
  }

  async *#run(
    started: Started | Promise<Started>,
    setup: CursorSetup,
    lastEventId: string | undefined,
  ): AsyncGenerator<SseItem, void, undefined> {
    const { delivery, point: found } = await started;
    const cohort = delivery.cohorts.join(setup.selection);
    try {
      let point: StartPoint | undefined = await found;
      let isFresh = lastEventId === undefined;
      let { epoch } = delivery;
      let after = 0;
      while (!this.#stopped) {
        if (point !== undefined) {
          const { gap } = point;
          const withSnapshot = setup.initial !== undefined && (isFresh || gap !== undefined);
          // What is not flushed yet is in the snapshot.
          if (withSnapshot) delivery.flush();
          // The log may have begun another life since this point was found.
          ({ epoch, after } = withSnapshot ? { epoch: delivery.epoch, after: delivery.flushed } : point);
          point = undefined;
          isFresh = false;
          if (gap !== undefined) yield gapItem({ ...gap, resumesAfter: formatPosition(epoch, after) }, setup.gapEvent);
          if (withSnapshot) yield* snapshotItems(delivery, setup, this.#context, after);
        }
        const found = epoch === delivery.epoch ? await delivery.reader.eventsAfter(cohort, after) : undefined;
        if (epoch !== delivery.epoch) {
          const kept = delivery.log.holds(epoch);
          if (kept === undefined || kept < after)
            point = afterGap(delivery, "other-epoch", formatPosition(epoch, after));
          epoch = delivery.epoch;
          continue;
        }
        if (found === undefined || found === "gone") {
          point = afterGap(delivery, "trimmed", formatPosition(epoch, after));
          continue;
        }
        for (const event of found.events) {
          after = event.entry.offset;
          yield itemOf(event);
        }
        after = found.through;
        if (delivery.closed) return;
        if (after >= delivery.flushed && epoch === delivery.epoch) await this.#untilMore(delivery);
      }
    } finally {
      delivery.cohorts.leave(cohort);
      this.#context.abort("iteration ended");
    }
  }

  #untilMore(delivery: Delivery): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = () => {
        delivery.waiting.delete(this.#wake!);
        this.#wake = undefined;
        resolve();
      };
      delivery.waiting.add(this.#wake);
    });
  }
}

interface Started {
  readonly delivery: Delivery;
  readonly point: StartPoint | Promise<StartPoint>;
}

async function* snapshotItems(
  delivery: Delivery,
  setup: CursorSetup,
  context: LazyContext,
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
