import { toChunk } from "../stream/chunk.ts";
import type { BodyOptions } from "../stream/exchange.ts";
import { GZIP_HEADER, GzipTally } from "../stream/gzip.ts";
import type { Piece } from "../stream/piece.ts";
import type { Sink, SinkOwner } from "../stream/sink.ts";
import type { NodeResponse, NodeSocket } from "./node-exchange.ts";
import { WriteGauge } from "./write-gauge.ts";

/**
 * Sends pieces on HTTP/1.1.
 *
 * The fast path: once the head is out, chunks go to the socket ready-made, past `ServerResponse.write`, and `end()` closes
 * the chunked body. Where something else owns the body, `response.write` gets the bytes.
 */
export class NodeHttp1Sink implements Sink {
  readonly #response: NodeResponse;
  /** The socket on the fast path. */
  readonly #socket: NodeSocket | undefined;
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
    this.#owner = owner;
    this.#tally = options.gzip ? new GzipTally() : undefined;
    const { socket } = response;
    const ours = ownsBody(response);
    // Held until the turn's end, so that the head and the first block leave in one packet.
    socket?.cork();
    if (socket !== null) queueMicrotask(() => socket.uncork());
    response.writeHead(200, headers as Record<string, string>);
    response.flushHeaders();
    this.#socket = ours && response.chunkedEncoding === true && socket !== null ? socket : undefined;
    this.#gauge = new WriteGauge(this.#socket ?? response, options.highWaterMark, owner);
    if (this.#socket === undefined) response.on("error", ignore);
    if (options.gzip) this.#send(this.#socket === undefined ? GZIP_HEADER : GZIP_HEADER_CHUNK);
  }

  get written(): number {
    return this.#gauge.written;
  }

  get pending(): number {
    return this.#gauge.target.writableLength;
  }

  /** A write may be taken in parts, which only the socket's handle tells. */
  get progress(): number {
    const handle = (this.#response.socket as { _handle?: { writeQueueSize?: number } | null } | null)?._handle;
    return this.written - this.pending - (handle?.writeQueueSize ?? 0);
  }

  write(piece: Piece): boolean {
    if (this.#tally === undefined) return this.#send(this.#socket === undefined ? piece.bytes : piece.chunk);
    this.#tally.add(piece.gzip);
    return this.#send(this.#socket === undefined ? piece.gzip.bytes : piece.gzip.chunk);
  }

  end(): void {
    const trailer = this.#tally?.trailer();
    if (trailer !== undefined) this.#send(this.#socket === undefined ? trailer : toChunk(trailer));
    this.#response.end();
  }

  destroy(): void {
    (this.#response.socket ?? this.#response).destroy();
  }

  closed(): void {
    this.#owner.gone();
  }

  #send(bytes: Uint8Array): boolean {
    // A peer that has closed its side may be noticed before the response is told.
    if (this.#socket === undefined ? this.#response.destroyed : !this.#socket.writable) return false;
    const open = this.#gauge.write(bytes);
    // A compression middleware holds bytes back until it is asked.
    if (this.#socket === undefined) this.#response.flush?.();
    return open;
  }
}

const GZIP_HEADER_CHUNK = toChunk(GZIP_HEADER);

/** Whether nothing stands between `response.write` and the socket: no middleware, no other implementation of `node:http`. */
function ownsBody(response: NodeResponse): boolean {
  return NODE_WRITE !== undefined && response.write === NODE_WRITE && !response.hasHeader("content-encoding");
}

/** Node's own `ServerResponse.prototype.write`; absent elsewhere, also where a runtime only imitates Node. */
const NODE_WRITE: unknown = findNodeWrite();

function findNodeWrite(): unknown {
  const { process, Bun, Deno } = globalThis as {
    process?: { getBuiltinModule?(name: string): unknown };
    Bun?: unknown;
    Deno?: unknown;
  };
  if (Bun !== undefined || Deno !== undefined) return undefined;
  const http = process?.getBuiltinModule?.("node:http") as
    | { ServerResponse?: { prototype: { write: unknown } } }
    | undefined;
  return http?.ServerResponse?.prototype.write;
}

/** The end of the connection follows, and is what counts. */
function ignore(): void {}
