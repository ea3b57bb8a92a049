import { toBytes } from "../../protocol/bytes.ts";
import { Piece } from "../../stream/body/piece.ts";
import type { FeedTarget } from "../../stream/feed.ts";
import { itemText } from "../../stream/source/item-text.ts";
import { KeptEvent } from "../event/kept-event.ts";

/**
 * Writes a snapshot to a stream as fast as the stream takes it. Its events have no IDs; the position comes after the
 * last of them, so that a subscriber that is cut off on the way receives the whole snapshot again.
 */
export class SnapshotWriter {
  readonly #target: FeedTarget;
  readonly #maxPieceLength: number;
  #stopped = false;
  #wake: (() => void) | undefined;

  /** `maxPieceLength`: characters after which a piece is written. */
  constructor(target: FeedTarget, maxPieceLength: number) {
    this.#target = target;
    this.#maxPieceLength = maxPieceLength;
  }

  /**
   * Writes `events`, then a block with the event ID `position`. Resolves to false if {@link stop} was called before.
   */
  async write(events: AsyncIterable<unknown>, position: string): Promise<boolean> {
    let text = "";
    let count = 0;
    for await (const event of events) {
      if (this.#stopped) return false;
      text += event instanceof KeptEvent ? event.blockWithoutId : itemText(event, undefined);
      count++;
      if (text.length < this.#maxPieceLength) continue;
      this.#target.write(new Piece(toBytes(text), count));
      text = "";
      count = 0;
      if (!this.#target.writable) await this.#untilDrained();
      if (this.#stopped) return false;
    }
    if (this.#stopped) return false;
    this.#target.write(new Piece(toBytes(`${text}id: ${position}\n\n`), count));
    return true;
  }

  /** The stream takes bytes again. */
  drained(): void {
    this.#wake?.();
  }

  /** Writes nothing from now on. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
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
