import type { SinkOwner } from "../../stream/body/sink.ts";

/** A Node writable as far as one needs it to write with backpressure. */
export interface GaugedWritable {
  readonly writableLength: number;
  write(bytes: Uint8Array, callback?: (error?: Error | null) => void): boolean;
}

/**
 * Writes to a Node writable with a high-water mark of our own. Only the write that reaches the mark gets a callback, so that
 * a reader that keeps up costs neither a listener nor a closure.
 */
export class WriteGauge {
  written = 0;
  readonly target: GaugedWritable;
  readonly #highWaterMark: number;
  readonly #owner: SinkOwner;
  #full = false;

  constructor(target: GaugedWritable, highWaterMark: number, owner: SinkOwner) {
    this.target = target;
    this.#highWaterMark = highWaterMark;
    this.#owner = owner;
  }

  write(bytes: Uint8Array): boolean {
    const { target } = this;
    this.written += bytes.length;
    if (this.#full || target.writableLength + bytes.length < this.#highWaterMark) {
      target.write(bytes);
      return !this.#full;
    }
    this.#full = true;
    target.write(bytes, (error) => {
      this.#full = false;
      // After an error the connection goes, which is told by its end.
      if (!error) this.#owner.drained();
    });
    return false;
  }
}
