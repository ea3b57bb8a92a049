import { GZIP_HEADER, GzipBody } from "../../../stream/body/gzip-body.ts";
import type { Piece } from "../../../stream/body/piece.ts";
import type { SinkOwner } from "../../../stream/body/sink.ts";
import type { BodyOptions } from "../../../stream/opening/exchange.ts";
import type { Http2Connection } from "../connections/http2-connection.ts";
import type { NodeHttp2Stream, NodeResponse } from "../node-request.ts";
import type { NodeSink } from "./node-sink.ts";
import { WriteGauge } from "./write-gauge.ts";

/** The error code CANCEL (RFC 9113 section 7): the stream is no longer needed. */
const CANCEL = 8;

/** Sends pieces on a stream of an HTTP/2 connection, by the stream's own `write`. */
export class Http2Sink implements NodeSink {
  readonly #response: NodeResponse;
  readonly #stream: NodeHttp2Stream;
  readonly #gauge: WriteGauge;
  readonly #gzip: GzipBody | undefined;
  readonly #owner: SinkOwner;
  readonly #connection: Http2Connection | undefined;

  /** Sends the head too. */
  constructor(
    response: NodeResponse,
    connection: Http2Connection | undefined,
    headers: Readonly<Record<string, string>>,
    { highWaterMark, gzip }: BodyOptions,
    owner: SinkOwner,
  ) {
    this.#response = response;
    this.#stream = response.stream as NodeHttp2Stream;
    this.#connection = connection;
    this.#owner = owner;
    this.#gzip = gzip ? new GzipBody() : undefined;
    response.writeHead(200, headers as Record<string, string>);
    response.flushHeaders?.();
    this.#gauge = new WriteGauge(this.#stream, highWaterMark, owner);
    if (gzip) this.#gauge.write(GZIP_HEADER);
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
    if (this.#gzip === undefined) return this.#gauge.write(piece.bytes);
    return this.#gauge.write(this.#gzip.add(piece).bytes);
  }

  moved(): void {
    this.#connection?.moved();
  }

  /** The session has sent GOAWAY before its last stream ends: see `Http2Sessions`. */
  end(): void {
    const trailer = this.#gzip?.trailer();
    if (trailer !== undefined && this.#stream.writable) this.#gauge.write(trailer);
    this.#response.end("");
  }

  destroy(): void {
    if (this.#connection?.cutIfStalled()) return;
    this.#stream.close(CANCEL);
    // If the connection takes nothing, the reset frame waits, and would keep the stream.
    this.#stream.destroy();
  }

  closed(reason: "client" | "disconnected"): void {
    this.#owner.gone(this.#connection?.hasStalled ? "stalled" : reason);
  }
}
