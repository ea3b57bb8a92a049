import { GZIP_HEADER, GzipBody } from "../../../stream/body/gzip-body.ts";
import type { Piece } from "../../../stream/body/piece.ts";
import type { SinkOwner } from "../../../stream/body/sink.ts";
import type { BodyOptions } from "../../../stream/opening/exchange.ts";
import type { PushBody } from "../../../stream/opening/framework.ts";
import type { NodeSink } from "./node-sink.ts";

/**
 * Sends pieces through a body that a middleware of a framework has wrapped, such as one that compresses it. The
 * framework sends the head.
 */
export class BodySink implements NodeSink {
  written = 0;
  readonly #body: PushBody;
  readonly #gzip: GzipBody | undefined;
  readonly #owner: SinkOwner;
  #isFull = false;

  constructor(body: PushBody, { gzip }: BodyOptions, owner: SinkOwner) {
    this.#body = body;
    this.#gzip = gzip ? new GzipBody() : undefined;
    this.#owner = owner;
    body.onRead = () => {
      if (!this.#isFull) return;
      this.#isFull = false;
      owner.drained();
    };
    if (gzip) this.#send(GZIP_HEADER);
  }

  get pending(): number {
    return this.#body.destroyed ? 0 : this.#body.readableLength;
  }

  get progress(): number {
    return this.written - this.pending;
  }

  write(piece: Piece): boolean {
    return this.#send(this.#gzip === undefined ? piece.bytes : this.#gzip.add(piece).bytes);
  }

  end(): void {
    if (this.#gzip !== undefined) this.#send(this.#gzip.trailer());
    this.#body.push(null);
  }

  destroy(): void {
    this.#body.destroy();
  }

  closed(reason: "client" | "disconnected"): void {
    this.#owner.gone(reason);
  }

  #send(bytes: Uint8Array): boolean {
    if (this.#body.destroyed) return false;
    this.written += bytes.length;
    this.#isFull = !this.#body.push(bytes);
    return !this.#isFull;
  }
}
