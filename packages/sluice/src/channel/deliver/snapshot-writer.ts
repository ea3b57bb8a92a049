import { toBytes } from "../../protocol/bytes.ts";
import { Piece } from "../../stream/body/piece.ts";
import type { FeedContext, FeedTarget } from "../../stream/feed.ts";
import { runInStream } from "../../stream/source/current-stream.ts";
import { itemText } from "../../stream/source/item-text.ts";
import { SourcePump } from "../../stream/source/source-pump.ts";
import { gapText } from "../event/gap.ts";
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
  async #writeLatest({ position }: SnapshotOffer): Promise<boolean> {
    const { hub, gapEvent, snapshots } = this.#delivery;
    const { target, cohort } = this.#subscriber;
    const snapshot = await snapshots.get(cohort, position);
    if (snapshot === undefined) return !this.#stopped;
    if (!snapshot.isComplete && !this.#stopped) {
      hub.counts.gaps++;
      target.write(new Piece(toBytes(gapText(incompleteGap(position), gapEvent, true)), 0));
    }
    for (let index = 0; !this.#stopped; ) {
      const part = snapshot.partFrom(index, hub.pieceLimit);
      if (part === undefined) return true;
      index = part.next;
      target.write(part.piece);
      if (!target.writable) await this.#untilDrained();
    }
    return false;
  }

  /** Writes the items of the user's function. Rejects with its error, or with the error of its iterator. */
  async #writeItems(initial: InitialFunction): Promise<boolean> {
    const { target, context } = this.#subscriber;
    const source = await initialItems(initial, context);
    const serialize = this.#delivery.liveLog.serializer?.serialize;
    const encode = (item: unknown) => itemText(checkSnapshotItem(item), undefined, serialize);
    const pump = new SourcePump({ source, encode, target, pieceLimit: this.#delivery.hub.pieceLimit });
    if (this.#stopped) {
      await pump.stop();
      return false;
    }
    this.#pump = pump;
    return pump.run();
  }

  #untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

/** Calls back in the async context of the subscriber's request: after a gap, another one may have come first. */
function inRequest<T>(context: FeedContext, callback: () => T): T {
  return context.run === undefined ? callback() : context.run(callback);
}
