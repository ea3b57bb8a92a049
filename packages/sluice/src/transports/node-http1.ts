import type { BodyOptions } from "../stream/exchange.ts";
import { GZIP_HEADER, GzipTally } from "../stream/gzip.ts";
import type { Piece } from "../stream/piece.ts";
import type { Sink, SinkOwner } from "../stream/sink.ts";
import type { NodeResponse } from "./node-exchange.ts";
import { NodeSocketSink } from "./node-socket.ts";
import { WriteGauge } from "./write-gauge.ts";

/** A sink that is told when its connection has closed. */
export interface NodeSink extends Sink {
  closed(): void;
}

/** Sends the head of a response on HTTP/1.1 and chooses how its body is sent. */
export function openHttp1(
  response: NodeResponse,
  headers: Readonly<Record<string, string>>,
  { highWaterMark, gzip }: BodyOptions,
  owner: SinkOwner,
): NodeSink {
  const { socket } = response;
  const ownsBody = NODE_WRITE !== undefined && response.write === NODE_WRITE && !response.hasHeader("content-encoding");
  // Held until the turn's end, so that the head and the first block leave in one packet.
  socket?.cork();
  if (socket !== null) queueMicrotask(() => socket.uncork());
  response.writeHead(200, headers as Record<string, string>);
  response.flushHeaders();
  if (socket !== null && ownsBody && response.chunkedEncoding === true) {
    return new NodeSocketSink(response, socket, highWaterMark, gzip, owner);
  }
  return new NodeResponseSink(response, highWaterMark, gzip, owner);
}

/**
 * Sends pieces by `response.write`: where a middleware owns the body, where there are no chunks (HTTP/1.0), and where
 * another runtime only imitates `node:http`.
 */
class NodeResponseSink implements NodeSink {
  readonly #response: NodeResponse;
  readonly #gauge: WriteGauge;
  readonly #tally: GzipTally | undefined;
  readonly #owner: SinkOwner;

  constructor(response: NodeResponse, highWaterMark: number, gzip: boolean, owner: SinkOwner) {
    this.#response = response;
    this.#owner = owner;
    this.#gauge = new WriteGauge(response, highWaterMark, owner);
    this.#tally = gzip ? new GzipTally() : undefined;
    // The end of the connection follows, and is what counts.
    response.on("error", () => undefined);
    if (gzip) this.#send(GZIP_HEADER);
  }

  get written(): number {
    return this.#gauge.written;
  }

  get pending(): number {
    return this.#response.writableLength;
  }

  get progress(): number {
    return this.written - this.pending;
  }

  write(piece: Piece): boolean {
    if (this.#tally === undefined) return this.#send(piece.bytes);
    this.#tally.add(piece.gzip);
    return this.#send(piece.gzip.bytes);
  }

  end(): void {
    if (this.#tally !== undefined) this.#send(this.#tally.trailer());
    this.#response.end();
  }

  destroy(): void {
    (this.#response.socket ?? this.#response).destroy();
  }

  closed(): void {
    this.#owner.gone();
  }

  #send(bytes: Uint8Array): boolean {
    if (this.#response.destroyed) return false;
    const open = this.#gauge.write(bytes);
    // A compression middleware holds bytes back until it is asked.
    this.#response.flush?.();
    return open;
  }
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
