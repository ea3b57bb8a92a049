import type { SinkOwner } from "../../../stream/body/sink.ts";

/** The part of a Node writable that a gauge uses. */
export interface GaugedWritable {
  readonly writableLength: number;
  write(bytes: Uint8Array, callback?: (error?: Error | null) => void): boolean;
}

/**
 * Writes to a Node writable with the high-water mark of Sluice. Only the write that reaches the mark gets a callback,
 * so a reader that keeps up costs neither a listener nor a closure.
 */
export class WriteGauge {
  written = 0;
  readonly #target: GaugedWritable;
  readonly #highWaterMark: number;
  readonly #owner: SinkOwner;
  #isFull = false;

  constructor(target: GaugedWritable, highWaterMark: number, owner: SinkOwner) {
    this.#target = target;
    this.#highWaterMark = highWaterMark;
    this.#owner = owner;
  }

  write(bytes: Uint8Array): boolean {
    const target = this.#target;
    this.written += bytes.length;
    if (this.#isFull || target.writableLength + bytes.length < this.#highWaterMark) {
      target.write(bytes);
      return !this.#isFull;
    }
    this.#isFull = true;
    target.write(bytes, (error) => {
      this.#isFull = false;
      // After an error the connection closes, and the owner learns of its end.
      if (!error) this.#owner.drained();
    });
    return false;
  }
}
