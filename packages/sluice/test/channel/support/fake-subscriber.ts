import { createParser, type Parser } from "../../../src/protocol/parser.ts";
import type { HttpAnswer } from "../../../src/stream/answer/http-answer.ts";
import type { Piece } from "../../../src/stream/body/piece.ts";
import type { Sink, SinkOwner } from "../../../src/stream/body/sink.ts";
import type { CloseReason } from "../../../src/stream/close-reason.ts";
import type { Exchange } from "../../../src/stream/opening/exchange.ts";
import { openStream } from "../../../src/stream/opening/open-stream.ts";
import type { Source } from "../../../src/stream/source/source.ts";
import type { StreamHub } from "../../../src/stream/stream-hub.ts";

/** An event as a client sees it. */
export interface SeenEvent {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

/**
 * A subscriber whose connection accepts bytes only on request: no real socket stalls on command. Everything behind the
 * sink contract is real, and so is the parser that reads the bytes.
 */
export class FakeSubscriber implements Exchange, Sink {
  readonly request = {};
  readonly method = "GET";
  readonly url = "/";
  readonly remoteAddress = undefined;
  gone = false;
  onGone: (() => void) | undefined;
  readonly seen: SeenEvent[] = [];
  readonly closed: Promise<CloseReason>;
  status: number | undefined;
  written = 0;
  mostPending = 0;
  ended = false;
  #owner: SinkOwner | undefined;
  #highWaterMark = 0;
  #waiting: Uint8Array[] = [];
  #pending = 0;
  #full = false;
  readonly #lastEventId: string | undefined;
  readonly #parser: Parser;

  readonly #taken: Uint8Array[] = [];

  /** True if the connection accepts every byte at once, like a fast reader on a fast network. */
  readonly #takesAll: boolean;

  constructor(hub: StreamHub, source: Source, lastEventId?: string, takesAll = false) {
    this.#takesAll = takesAll;
    this.#lastEventId = lastEventId;
    this.#parser = createParser({
      onEvent: (event) => this.seen.push(event),
      ...(lastEventId !== undefined && { lastEventId }),
    });
    this.closed = openStream(hub, this, source, {});
  }

  get isOver(): boolean {
    return this.gone || this.ended;
  }

  /** The last event ID that the client would send to resume; `""` if it has none. */
  get lastEventId(): string {
    return this.#parser.lastEventId;
  }

  /** Everything that the client has read. */
  get text(): string {
    return Buffer.concat(this.#taken).toString();
  }

  get pending(): number {
    return this.#pending;
  }

  get progress(): number {
    return this.written - this.#pending;
  }

  header(name: string): string | undefined {
    return name === "last-event-id" ? this.#lastEventId : undefined;
  }

  refuse({ status }: HttpAnswer): void {
    this.status = status;
  }

  open(_headers: unknown, options: { highWaterMark: number }, owner: SinkOwner): Sink {
    this.#owner = owner;
    this.#highWaterMark = options.highWaterMark;
    return this;
  }

  write(piece: Piece): boolean {
    this.#waiting.push(piece.bytes);
    this.#pending += piece.bytes.length;
    this.written += piece.bytes.length;
    this.mostPending = Math.max(this.mostPending, this.#pending);
    if (this.#takesAll) {
      this.take();
      return true;
    }
    this.#full ||= this.#pending >= this.#highWaterMark;
    return !this.#full;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.disconnect();
  }

  /** Makes the connection accept up to `bytes` bytes, and the client read them. */
  take(bytes = Number.POSITIVE_INFINITY): void {
    let left = bytes;
    while (this.#waiting.length > 0 && left > 0) {
      const next = this.#waiting[0]!;
      const taken = next.subarray(0, left);
      this.#parser.push(taken);
      this.#taken.push(taken);
      this.#pending -= taken.length;
      left -= taken.length;
      if (taken.length === next.length) this.#waiting.shift();
      else this.#waiting[0] = next.subarray(taken.length);
    }
    if (this.#full && this.#pending === 0 && !this.ended) {
      this.#full = false;
      this.#owner?.drained();
    }
  }

  /** Makes the client disconnect. Bytes that it has not read are lost. */
  disconnect(): void {
    if (this.gone) return;
    this.gone = true;
    this.#owner?.gone();
  }
}
