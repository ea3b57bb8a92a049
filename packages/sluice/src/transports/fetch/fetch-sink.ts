import { isWorkerd } from "../../base/context/request-mark.ts";
import { quietTimeout } from "../../base/time/timers.ts";
import { GZIP_HEADER, GzipBody } from "../../stream/body/gzip-body.ts";
import type { Piece } from "../../stream/body/piece.ts";
import type { Sink, SinkOwner } from "../../stream/body/sink.ts";
import type { BodyOptions } from "../../stream/opening/exchange.ts";
import { watchBlindPipe } from "./blind-pipe.ts";
import { sizeOf, watchedBytes } from "./watched-bytes.ts";

/** Time for the runtime to send the last bytes and the end of the body, once it has read them. */
const SEND_MS = 20;

/** Sends pieces as the body of a `Response`, as fast as the body is pulled. */
export class FetchSink implements Sink {
  written = 0;
  readonly body: ReadableStream<Uint8Array>;
  readonly #owner: SinkOwner;
  readonly #highWaterMark: number;
  readonly #gzip: GzipBody | undefined;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isFull = false;
  /** True once `end` was called. The body closes when its last bytes have been read. */
  #isEnding = false;
  #isClosed = false;
  #isOver = false;
  /** True if a pipe takes all bytes, whether or not it can send them. */
  #isPiped = false;
  /** Number of bytes that the pipe was given, and that nothing has looked at. */
  #unread = 0;

  constructor({ highWaterMark, gzip }: BodyOptions, owner: SinkOwner) {
    this.#owner = owner;
    this.#highWaterMark = highWaterMark;
    this.#gzip = gzip ? new GzipBody() : undefined;
    // Not a stream of type "bytes": it would transfer each buffer to itself, but many bodies share our buffers.
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pulled(),
        cancel: () => this.#finish(),
      },
      { highWaterMark, size: sizeOf },
    );
    watchBlindPipe(this.body, () => {
      this.#isPiped = true;
    });
    if (gzip) this.#send(GZIP_HEADER);
  }

  get pending(): number {
    return this.#isClosed || this.#isOver ? 0 : Math.max(this.#queued, this.#unread);
  }

  get #queued(): number {
    return Math.max(0, this.#highWaterMark - (this.#controller.desiredSize ?? 0));
  }

  get progress(): number {
    return this.written - this.pending;
  }

  write(piece: Piece): boolean {
    if (this.#gzip === undefined) return this.#send(piece.bytes);
    return this.#send(this.#gzip.add(piece).bytes);
  }

  end(): void {
    if (this.#isOver || this.#isEnding) return;
    const trailer = this.#gzip?.trailer();
    if (trailer !== undefined) this.#send(trailer);
    this.#isEnding = true;
    if (this.#queued === 0) this.#close();
  }

  /** Ends the body after the client has left, which is no failure. Deno calls it for a body that was sent, too. */
  leave(): void {
    if (this.#isOver) return;
    if (!this.#isClosed) this.#controller.close();
    this.#finish();
  }

  destroy(): void {
    if (this.#isOver) return;
    // The pipe has nobody to notify of an error.
    if (this.#isPiped && this.#queued === 0) return this.leave();
    this.#controller.error(new DOMException("The server cut the event stream.", "AbortError"));
    this.#finish();
  }

  #send(bytes: Uint8Array): boolean {
    if (this.#isOver) return false;
    this.written += bytes.length;
    this.#controller.enqueue(this.#isPiped ? this.#watched(bytes) : bytes);
    this.#isFull = (this.#controller.desiredSize ?? 0) <= 0;
    return !this.#isFull;
  }

  #watched(bytes: Uint8Array): Uint8Array {
    this.#unread += bytes.length;
    return watchedBytes(bytes, () => {
      this.#unread -= bytes.length;
    });
  }

  #pulled(): void {
    if (this.#isEnding && this.#queued === 0) this.#close();
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#owner.drained();
  }

  /** The runtime has read the last bytes, but may not have sent them: a drain must not end yet, nor the process. */
  #close(): void {
    if (this.#isClosed || this.#isOver) return;
    this.#isClosed = true;
    this.#controller.close();
    // In workerd, the request ends with its body, and its timers do too.
    if (isWorkerd) this.#finish();
    else quietTimeout(() => this.#finish(), SEND_MS);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#owner.gone();
  }
}
