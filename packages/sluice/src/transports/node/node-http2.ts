import { GZIP_HEADER, GzipTally } from "../../stream/body/gzip.ts";
import type { Piece } from "../../stream/body/piece.ts";
import type { SinkOwner } from "../../stream/body/sink.ts";
import type { BodyOptions } from "../../stream/opening/exchange.ts";
import type { NodeSink } from "./node-http1.ts";
import type { NodeHttp2Stream, NodeResponse } from "./node-request.ts";
import { WriteGauge } from "./write-gauge.ts";

/** RFC 9113 section 7: the stream is no longer needed. */
const CANCEL = 8;

/** Sends pieces on a stream of an HTTP/2 connection, by the stream's own write. */
export class NodeHttp2Sink implements NodeSink {
  readonly #response: NodeResponse;
  readonly #stream: NodeHttp2Stream;
  readonly #gauge: WriteGauge;
  readonly #tally: GzipTally | undefined;
  readonly #owner: SinkOwner;

  constructor(
    response: NodeResponse,
    headers: Readonly<Record<string, string>>,
    options: BodyOptions,
    owner: SinkOwner,
  ) {
    this.#response = response;
    this.#stream = response.stream as NodeHttp2Stream;
    this.#owner = owner;
    this.#tally = options.gzip ? new GzipTally() : undefined;
    response.writeHead(200, headers as Record<string, string>);
    response.flushHeaders?.();
    this.#gauge = new WriteGauge(this.#stream, options.highWaterMark, owner);
    if (options.gzip) this.#gauge.write(GZIP_HEADER);
  }

  get written(): number {
    return this.#gauge.written;
  }

  get pending(): number {
    return this.#stream.writableLength;
  }

  get progress(): number {
    return this.written - this.pending;
  }

  write(piece: Piece): boolean {
    if (!this.#stream.writable || this.#stream.destroyed) return false;
    if (this.#tally === undefined) return this.#gauge.write(piece.bytes);
    return this.#gauge.write(this.#tally.add(piece).bytes);
  }

  end(): void {
    const trailer = this.#tally?.trailer();
    if (trailer !== undefined && this.#stream.writable) this.#gauge.write(trailer);
    this.#response.end("");
  }

  destroy(): void {
    this.#stream.close(CANCEL);
    // Where the connection takes nothing at all, the frame waits, and the stream with it.
    this.#stream.destroy();
  }

  closed(): void {
    this.#owner.gone();
  }
}
