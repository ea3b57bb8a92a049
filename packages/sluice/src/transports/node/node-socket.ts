import { toChunk } from "../../stream/body/chunk.ts";
import { GZIP_HEADER, GzipTally } from "../../stream/body/gzip.ts";
import type { Piece } from "../../stream/body/piece.ts";
import type { Sink, SinkOwner } from "../../stream/body/sink.ts";
import type { NodeResponse, NodeSocket } from "./node-request.ts";

/** What Sluice uses of a socket beyond the interface of streams: all of it optional, none of it needed to be right. */
interface SocketInside {
  /** Hands bytes to the kernel without the bookkeeping of `write`; documented for those who implement streams. */
  _write?(bytes: Uint8Array, encoding: string, callback: (error?: Error | null) => void): void;
  /** Tells how many of the bytes given to it the kernel has not taken. */
  readonly _handle?: { readonly writeQueueSize?: number } | null;
  /** A TLS socket has it. */
  readonly encrypted?: boolean;
}

/**
 * Sends pieces on HTTP/1.1 past `ServerResponse`: chunks that are made once for all go to the socket ready-made.
 *
 * While nothing waits in the socket, they go past the bookkeeping of `socket.write` too, as `npm run bench -- fanout`
 * shows beside a control that does not. As soon as the kernel does not take all of it, `socket.write` does its work.
 */
export class NodeSocketSink implements Sink {
  readonly #socket: NodeSocket & SocketInside;
  readonly #tally: GzipTally | undefined;
  /** Bytes that went to the kernel directly and may still wait there, in front of everything else. */
  #direct = 0;
  readonly #writesAtOnce: boolean;
  written = 0;
  readonly #highWaterMark: number;
  #full = false;
  readonly #response: NodeResponse;
  readonly #owner: SinkOwner;

  constructor(response: NodeResponse, socket: NodeSocket, highWaterMark: number, gzip: boolean, owner: SinkOwner) {
    this.#socket = socket;
    this.#writesAtOnce = canWriteAtOnce(this.#socket);
    this.#response = response;
    this.#owner = owner;
    this.#highWaterMark = highWaterMark;
    this.#tally = gzip ? new GzipTally() : undefined;
    if (gzip) this.#send(GZIP_HEADER_CHUNK);
  }

  get pending(): number {
    return this.#socket.writableLength + this.#waitingInKernel();
  }

  /** A write may be taken in parts, which only the socket's handle tells. */
  get progress(): number {
    return this.written - this.#socket.writableLength - (this.#socket._handle?.writeQueueSize ?? 0);
  }

  /** Node ends its side when the peer has ended its own, but not before everything is sent. */
  get left(): boolean {
    return !this.#socket.writable;
  }

  write(piece: Piece): boolean {
    if (this.#tally === undefined) return this.#send(piece.chunk);
    return this.#send(this.#tally.add(piece).chunk);
  }

  opened(): void {
    this.#socket.uncork();
  }

  end(): void {
    if (this.#tally !== undefined) this.#send(toChunk(this.#tally.trailer()));
    this.#response.end("");
  }

  destroy(): void {
    this.#socket.destroy();
  }

  closed(): void {
    this.#owner.gone();
  }

  #send(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    this.written += bytes.length;
    const waiting = socket.writableLength + this.#waitingInKernel();
    if (waiting === 0 && bytes.length < this.#highWaterMark && this.#writesAtOnce) {
      // Not asked whether it is writable: a socket that has ended says so itself, and asking looks into memory that the write needs not.
      if (!writeAtOnce(socket as NodeSocket & Required<SocketInside>, bytes)) this.#direct = bytes.length;
      return true;
    }
    // A peer that has closed its side may be noticed before the response is told.
    if (!socket.writable) return false;
    if (this.#full || waiting + bytes.length < this.#highWaterMark) {
      socket.write(bytes);
      return !this.#full;
    }
    // As in WriteGauge, written out to spare an object for each stream (`npm run bench -- idle`).
    // Only the write that reaches the mark gets a callback: a reader that keeps up costs neither a listener nor a closure.
    this.#full = true;
    socket.write(bytes, (error) => {
      this.#full = false;
      // After an error the connection goes, which is told by its end.
      if (!error) this.#owner.drained();
    });
    return false;
  }

  #waitingInKernel(): number {
    if (this.#direct === 0) return 0;
    const waiting = this.#socket._handle?.writeQueueSize ?? 0;
    if (waiting === 0) this.#direct = 0;
    // What is counted in `writableLength` waits in the same queue.
    return Math.min(this.#direct, waiting);
  }
}

const GZIP_HEADER_CHUNK = toChunk(GZIP_HEADER);

/**
 * Only the kernel queues a write behind another that it has not finished. TLS aborts the process (`Assertion failed: !current_write_`), and a
 * stream that stands in for a socket (ssh, a proxy) was promised one write at a time.
 */
function canWriteAtOnce({ _write, _handle, encrypted }: SocketInside): boolean {
  return _write !== undefined && typeof _handle?.writeQueueSize === "number" && encrypted !== true;
}

/**
 * The outcome of the write that is being made, on which everybody waits: state of the module for the length of one call, since a closure
 * for each stream is what this path is to save (`npm run bench -- idle fanout`). A callback that comes before the call returns
 * says that the kernel took it.
 */
const outcome = { taken: false, failed: false };

function onTaken(error?: Error | null): void {
  outcome.taken = true;
  outcome.failed = error !== undefined && error !== null;
}

/**
 * Returns whether there is nothing left to send. An error counts as that: the socket ends by itself where it has not ended already.
 */
function writeAtOnce(socket: NodeSocket & Required<SocketInside>, bytes: Uint8Array): boolean {
  outcome.taken = false;
  outcome.failed = false;
  socket._write(bytes, "buffer", onTaken);
  // A socket from which nobody reads, with a body that is not wanted, learns only here that its peer is gone.
  if (outcome.taken && outcome.failed) socket.destroy();
  return outcome.taken;
}
