import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * A stream that stands in for a socket, as in a proxy or in ssh. It expects one write at a time, and counts overlaps.
 */
export class Tunnel extends Duplex {
  readonly #socket: Socket;
  #isWriting = false;
  overlaps = 0;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on("data", (bytes) => this.push(bytes));
    socket.on("close", () => this.destroy());
    socket.on("error", () => undefined);
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    if (this.#isWriting) this.overlaps++;
    this.#isWriting = true;
    // Slow, so that a writer that does not wait causes an overlap.
    this.#socket.write(bytes, (error) => {
      setTimeout(() => {
        this.#isWriting = false;
        callback(error);
      }, 1);
    });
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }
}
