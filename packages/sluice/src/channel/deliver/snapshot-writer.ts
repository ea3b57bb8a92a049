import type { FeedContext, FeedTarget } from "../../stream/feed.ts";
import { runInStream } from "../../stream/source/current-stream.ts";
import { itemText } from "../../stream/source/item-text.ts";
import { SourcePump } from "../../stream/source/source-pump.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import {
  checkSnapshotItem,
  type InitialFunction,
  incompleteGap,
  initialItems,
  type SnapshotOffer,
} from "../read/snapshot.ts";
import type { Cohort } from "./cohort.ts";
import type { Delivery } from "./delivery.ts";

/** The subscriber of a {@link SnapshotWriter}. */
export interface SnapshotSubscriber {
  readonly target: FeedTarget;
  readonly cohort: Cohort;
  readonly context: FeedContext;
}

/** Writes a snapshot to a stream as fast as the stream takes it. */
export class SnapshotWriter {
  readonly #delivery: Delivery;
  readonly #subscriber: SnapshotSubscriber;
  #stopped = false;
  #wake: (() => void) | undefined;
  #pump: SourcePump | undefined;

  constructor(delivery: Delivery, subscriber: SnapshotSubscriber) {
    this.#delivery = delivery;
    this.#subscriber = subscriber;
  }

  /** Resolves to true when the snapshot is written, and to false if {@link stop} was called before. */
  write(offer: SnapshotOffer): Promise<boolean> {
    const { initial } = offer;
    if (initial === "latest") return this.#writeLatest(offer);
    const { context } = this.#subscriber;
    return inRequest(context, () => runInStream(context, () => this.#writeItems(initial)));
  }

  /** The stream takes bytes again. */
  drained(): void {
    this.#wake?.();
    this.#pump?.drained();
  }

  /** Writes nothing from now on, and ends the iterator of the user's function with `return()`. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
    inRequest(this.#subscriber.context, () => this.#pump?.stop())?.catch((error) =>
      this.#delivery.report(error, "initial"),
    );
  }

  /** Writes the newest event of each key. */
  async #writeLatest(offer: SnapshotOffer): Promise<boolean> {
    const { position } = offer;
    const { hub, gapEvent, snapshots } = this.#delivery;
    const { target, cohort } = this.#subscriber;
    const snapshot = await snapshots.get(cohort, position);
    if (snapshot === undefined) return !this.#stopped;
    if (!snapshot.isComplete && !this.#stopped) {
      hub.counts.gaps++;
      // A cut leads to a gap again, and so to the snapshot.
      cohort.begin(target, { opening: "", gapEvent, gap: incompleteGap(position), snapshot: offer, position });
    }
    const blockOf = (event: KeptEvent) => cohort.snapshotBlock(event);
    let index = 0;
    return this.#whileWritable(() => {
      const part = snapshot.partFrom(index, hub.pieceLimit, blockOf);
      if (part === undefined) return false;
      index = part.next;
      target.write(part.piece);
      return true;
    });
  }

  /**
   * Writes until `writeNext` returns false, and then resolves to true. Goes on within `drained()`, not after it: other
   * cursors may fill the stream.
   */
  #whileWritable(writeNext: () => boolean): Promise<boolean> {
    const { target } = this.#subscriber;
    return new Promise((resolve) => {
      this.#wake = () => {
        if (this.#stopped) return resolve(false);
        while (target.writable && !this.#stopped) if (!writeNext()) return resolve(true);
      };
      this.#wake();
    });
  }

  /** Writes the items of the user's function. Rejects with its error, or with the error of its iterator. */
  async #writeItems(initial: InitialFunction): Promise<boolean> {
    const { target, context, cohort } = this.#subscriber;
    const source = await initialItems(initial, context);
    const serialize = this.#delivery.liveLog.serializer?.serialize;
    const typeOf = (type: string | undefined) => cohort.typeOf(type);
    const encode = (item: unknown) => itemText(checkSnapshotItem(item), { serialize, typeOf });
    const pump = new SourcePump({ source, encode, target, pieceLimit: this.#delivery.hub.pieceLimit });
    if (this.#stopped) {
      await pump.stop();
      return false;
    }
    this.#pump = pump;
    return pump.run();
  }
}

/** Calls back in the async context of the subscriber's request: after a gap, another one may have come first. */
function inRequest<T>(context: FeedContext, callback: () => T): T {
  return context.run === undefined ? callback() : context.run(callback);
}
