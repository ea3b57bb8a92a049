import { toChunk } from "../../../stream/body/chunk.ts";
import { GZIP_HEADER, GzipBody } from "../../../stream/body/gzip-body.ts";
import type { Piece } from "../../../stream/body/piece.ts";
import type { SinkOwner } from "../../../stream/body/sink.ts";
import type { BodyOptions } from "../../../stream/opening/exchange.ts";
import type { NodeResponse, NodeSocket } from "../node-request.ts";
import { closeAfter } from "./close-after.ts";
import type { NodeSink } from "./node-sink.ts";

/** Parts of a socket beyond the stream interface. All are optional: without them the sink is slower, but correct. */
interface SocketInternals {
  /** Passes bytes to the kernel without the bookkeeping of `write`. Node documents it for implementers of streams. */
  _write?(bytes: Uint8Array, encoding: string, callback: (error?: Error | null) => void): void;
  /** Its queue size is the number of bytes that the kernel has not taken. */
  readonly _handle?: { readonly writeQueueSize?: number } | null;
  /** Present on a TLS socket. */
  readonly encrypted?: boolean;
}

/**
 * Sends pieces on HTTP/1.1 past `ServerResponse`: it writes chunks to the socket that are framed once for all streams.
 *
 * While nothing waits in the socket, it bypasses `socket.write` too (`npm run bench -- fanout` compares both). As soon
 * as the kernel does not take everything, it uses `socket.write`.
 */
export class SocketSink implements NodeSink {
  readonly #socket: NodeSocket & SocketInternals;
  readonly #gzip: GzipBody | undefined;
  /** Bytes that bypassed `socket.write` and may still wait in the kernel's queue, before all others. */
  #direct = 0;
  readonly #canBypass: boolean;
  written = 0;
  readonly #highWaterMark: number;
  #isFull = false;
  readonly #response: NodeResponse;
  readonly #owner: SinkOwner;

  constructor(response: NodeResponse, socket: NodeSocket, { highWaterMark, gzip }: BodyOptions, owner: SinkOwner) {
    this.#socket = socket;
    this.#canBypass = canBypassWrite(this.#socket);
    this.#response = response;
    this.#owner = owner;
    this.#highWaterMark = highWaterMark;
    this.#gzip = gzip ? new GzipBody() : undefined;
    if (gzip) this.#send(GZIP_HEADER_CHUNK);
  }

  get pending(): number {
    return this.#socket.writableLength + this.#waitingInKernel();
  }

  /** The kernel may take a write in parts. Only the socket's handle counts them. */
  get progress(): number {
    return this.written - this.#socket.writableLength - (this.#socket._handle?.writeQueueSize ?? 0);
  }

  /** Node ends its side after the peer has ended its own, but not before everything is sent. */
  get left(): boolean {
    return !this.#socket.writable;
  }

  write(piece: Piece): boolean {
    if (this.#gzip === undefined) return this.#send(piece.chunk);
    return this.#send(this.#gzip.add(piece).chunk);
  }

  opened(): void {
    this.#socket.uncork();
  }

  end(isLast: boolean): void {
    if (this.#gzip !== undefined) this.#send(toChunk(this.#gzip.trailer()));
    if (isLast) closeAfter(this.#response);
    this.#response.end("");
  }

  destroy(): void {
    this.#socket.destroy();
  }

  closed(reason: "client" | "disconnected"): void {
    this.#owner.gone(reason);
  }

  #send(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    this.written += bytes.length;
    const waiting = socket.writableLength + this.#waitingInKernel();
    if (waiting === 0 && bytes.length < this.#highWaterMark && this.#canBypass) {
      // Does not check `writable`: the write fails on an ended socket, and the check costs a memory access per write.
      if (!writeDirectly(socket as NodeSocket & Required<SocketInternals>, bytes)) this.#direct = bytes.length;
      else if (outcome.failed) this.#peerIsGone();
      return true;
    }
    // The socket may notice that its peer has left before the response does.
    if (!socket.writable) return false;
    if (this.#isFull || waiting + bytes.length < this.#highWaterMark) {
      socket.write(bytes);
      return !this.#isFull;
    }
    // The same as WriteGauge, repeated to save an object per stream (`npm run bench -- idle`). Only the write that
    // reaches the mark gets a callback, so a reader that keeps up costs neither a listener nor a closure.
    this.#isFull = true;
    socket.write(bytes, (error) => {
      this.#isFull = false;
      // After an error the connection closes, and `closed` is called.
      if (!error) this.#owner.drained();
    });
    return false;
  }

  /**
   * Handles that a write failed at once. If nothing reads from the socket, because the request's body is not wanted,
   * only that shows that the peer has left.
   */
  #peerIsGone(): void {
    this.#socket.destroy();
    // Not within a write, which may be one of many. A destroyed socket closes later.
    queueMicrotask(() => this.#owner.gone("client"));
  }

  #waitingInKernel(): number {
    if (this.#direct === 0) return 0;
    const waiting = this.#socket._handle?.writeQueueSize ?? 0;
    if (waiting === 0) this.#direct = 0;
    // Bytes counted by `writableLength` wait in the same queue.
    return Math.min(this.#direct, waiting);
  }
}

const GZIP_HEADER_CHUNK = toChunk(GZIP_HEADER);

/**
 * Returns true if writes may bypass `socket.write`. Only a kernel handle queues a write behind an unfinished one. TLS
 * aborts the process (`Assertion failed: !current_write_`), and a stream that stands in for a socket (ssh, a proxy)
 * expects one write at a time.
 */
function canBypassWrite({ _write, _handle, encrypted }: SocketInternals): boolean {
  return _write !== undefined && typeof _handle?.writeQueueSize === "number" && encrypted !== true;
}

/**
 * The result of the current direct write. It is module state for the duration of one call, because a closure per stream
 * is the cost that this path avoids (`npm run bench -- idle fanout`). If the callback runs before the call returns, the
 * kernel took the write.
 */
const outcome = { taken: false, failed: false };

function onTaken(error?: Error | null): void {
  outcome.taken = true;
  outcome.failed = error !== undefined && error !== null;
}

/**
 * Writes past `socket.write`. Returns true if nothing is left to send. An error counts as nothing left: the socket
 * closes.
 */
function writeDirectly(socket: NodeSocket & Required<SocketInternals>, bytes: Uint8Array): boolean {
  outcome.taken = false;
  outcome.failed = false;
  socket._write(bytes, "buffer", onTaken);
  return outcome.taken;
}
