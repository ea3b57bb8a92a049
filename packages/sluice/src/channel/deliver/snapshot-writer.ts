import type { FeedTarget } from "../../stream/feed.ts";
import { itemText } from "../../stream/source/item-text.ts";
import { SourcePump } from "../../stream/source/source-pump.ts";
import type { LatestSnapshot } from "../read/latest-snapshot.ts";
import { checkSnapshotItem } from "../read/snapshot.ts";

/** Writes a snapshot to a stream as fast as the stream takes it. */
export class SnapshotWriter {
  readonly #target: FeedTarget;
  readonly #pieceLimit: number;
  #stopped = false;
  #wake: (() => void) | undefined;
  #pump: SourcePump | undefined;

  constructor(target: FeedTarget, pieceLimit: number) {
    this.#target = target;
    this.#pieceLimit = pieceLimit;
  }

  /** Writes the newest event of each key. Resolves to false if {@link stop} was called before the end. */
  async writeLatest(snapshot: LatestSnapshot): Promise<boolean> {
    for (let index = 0; !this.#stopped; ) {
      const part = snapshot.partFrom(index, this.#pieceLimit);
      if (part === undefined) return true;
      index = part.next;
      this.#target.write(part.piece);
      if (!this.#target.writable) await this.#untilDrained();
    }
    return false;
  }

  /**
   * Writes the items of the user's function. Resolves to false if {@link stop} was called before the end: the iterator
   * gets `return()` then. Rejects with the error of the iterator.
   */
  async writeItems(items: AsyncIterable<unknown> | Iterable<unknown>): Promise<boolean> {
    const encode = (item: unknown) => itemText(checkSnapshotItem(item), undefined);
    this.#pump = new SourcePump({ source: items, encode, target: this.#target, pieceLimit: this.#pieceLimit });
    if (!this.#stopped) return this.#pump.run();
    await this.#pump.stop();
    return false;
  }

  /** The stream takes bytes again. */
  drained(): void {
    this.#wake?.();
    this.#pump?.drained();
  }

  /** Writes nothing from now on. Rejects with the error of the iterator's `return()`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#pump?.stop();
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
