import { GZIP_HEADER, GzipBody } from "../../../stream/body/gzip-body.ts";
import type { Piece } from "../../../stream/body/piece.ts";
import type { SinkOwner } from "../../../stream/body/sink.ts";
import type { NodeResponse } from "../node-request.ts";
import { closeAfter } from "./close-after.ts";
import type { NodeSink } from "./node-sink.ts";

/**
 * Sends pieces by `response.write`. It is for a body that Sluice does not own: behind a middleware, on HTTP/1.0, or on
 * another implementation of `node:http`.
 *
 * It relies only on the result of `write` and on "drain". A middleware such as `compression` has a buffer of its own,
 * which `writableLength` does not include, and drops callbacks.
 */
export class ResponseSink implements NodeSink {
  written = 0;
  readonly #response: NodeResponse;
  readonly #gzip: GzipBody | undefined;
  readonly #owner: SinkOwner;
  #isFull = false;
  #isBroken = false;
  /** Sent with the first write and not by the constructor: `response.write` of a middleware may throw. */
  #header: Uint8Array | undefined;

  constructor(response: NodeResponse, gzip: boolean, owner: SinkOwner) {
    this.#response = response;
    this.#owner = owner;
    this.#gzip = gzip ? new GzipBody() : undefined;
    // Without a listener an error would end the process. The connection closes after it, and `closed` is called.
    response.on("error", () => undefined);
    response.on("drain", () => {
      if (!this.#isFull) return;
      this.#isFull = false;
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
    if (this.#gzip === undefined) return this.#send(piece.bytes);
    this.#sendHeader();
    return this.#send(this.#gzip.add(piece).bytes);
  }

  opened(): void {
    // A response that has ended has no socket: Node uncorked it.
    this.#response.socket?.uncork();
  }

  end(isLast: boolean): void {
    this.#sendHeader();
    if (this.#gzip !== undefined) this.#send(this.#gzip.trailer());
    if (isLast) closeAfter(this.#response);
    this.#response.end("");
  }

  destroy(): void {
    (this.#response.socket ?? this.#response).destroy();
  }

  closed(reason: "client" | "disconnected"): void {
    this.#owner.gone(reason);
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
      if (response.write(bytes) === false) this.#isFull = true;
      // A compression middleware holds bytes back until its `flush` is called.
      response.flush?.();
    } catch (error) {
      this.#isBroken = true;
      // The error belongs to the middleware. It must not reach the other streams of this flush.
      this.#owner.failed(error);
      return false;
    }
    return !this.#isFull;
  }
}
