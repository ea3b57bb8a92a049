import { GZIP_HEADER, GzipTally } from "../../stream/body/gzip.ts";
import type { Piece } from "../../stream/body/piece.ts";
import type { SinkOwner } from "../../stream/body/sink.ts";
import type { NodeSink } from "./node-http1.ts";
import type { NodeResponse } from "./node-request.ts";

/**
 * Sends pieces by `response.write`, where something else owns the body: a middleware, HTTP/1.0, another implementation of `node:http`.
 *
 * It goes by what `write` returns and by "drain" alone. A middleware has a buffer of its own, of which `writableLength` does
 * not tell, and drops callbacks (`compression` does both).
 */
export class NodeResponseSink implements NodeSink {
  written = 0;
  readonly #response: NodeResponse;
  readonly #tally: GzipTally | undefined;
  readonly #owner: SinkOwner;
  #full = false;
  #isBroken = false;
  /** Sent with the first write, not when the sink is made: what stands behind `response.write` may throw, and the stream must have its sink by then. */
  #header: Uint8Array | undefined;

  constructor(response: NodeResponse, gzip: boolean, owner: SinkOwner) {
    this.#response = response;
    this.#owner = owner;
    this.#tally = gzip ? new GzipTally() : undefined;
    // The end of the connection follows an error, and is what counts.
    response.on("error", () => undefined);
    response.on("drain", () => {
      if (!this.#full) return;
      this.#full = false;
      owner.drained();
    });
    if (gzip) this.#header = GZIP_HEADER;
  }

  get pending(): number {
    return this.#response.writableLength;
  }

  get progress(): number {
    return this.written - this.pending;
  }

  get left(): boolean {
    return this.#response.socket?.writable === false;
  }

  write(piece: Piece): boolean {
    if (this.#tally === undefined) return this.#send(piece.bytes);
    this.#sendHeader();
    return this.#send(this.#tally.add(piece).bytes);
  }

  opened(): void {
    // Node has done so itself where the response has ended, and has no socket any more.
    this.#response.socket?.uncork();
  }

  end(): void {
    this.#sendHeader();
    if (this.#tally !== undefined) this.#send(this.#tally.trailer());
    this.#response.end("");
  }

  destroy(): void {
    (this.#response.socket ?? this.#response).destroy();
  }

  closed(): void {
    this.#owner.gone();
  }

  #sendHeader(): void {
    const header = this.#header;
    this.#header = undefined;
    if (header !== undefined) this.#send(header);
  }

  #send(bytes: Uint8Array): boolean {
    const response = this.#response;
    if (response.destroyed || this.#isBroken) return false;
    this.written += bytes.length;
    try {
      if (response.write(bytes) === false) this.#full = true;
      // A compression middleware holds bytes back until it is asked.
      response.flush?.();
    } catch (error) {
      this.#isBroken = true;
      // Not ours, and not to be felt by the other streams that are being written to.
      this.#owner.failed(error);
      return false;
    }
    return !this.#full;
  }
}
