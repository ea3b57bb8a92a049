import { invalidOption } from "../../base/check-option.ts";
import { GZIP_HEADER, GzipTally } from "../../stream/body/gzip.ts";
import type { Piece } from "../../stream/body/piece.ts";
import type { Sink, SinkOwner } from "../../stream/body/sink.ts";
import type { BodyOptions, Exchange } from "../../stream/opening/exchange.ts";
import { openStream } from "../../stream/opening/open-stream.ts";
import type { StreamOptions } from "../../stream/opening/stream-options.ts";
import type { Source } from "../../stream/source/source.ts";
import type { StreamHub } from "../../stream/stream-hub.ts";

/** Answers a request of the Fetch standard. Loaded with the first of them, and with it all that a stream consists of. */
export function openFetchStream(
  hub: StreamHub,
  request: Request,
  source: Source,
  options: StreamOptions,
): Promise<Response> {
  const exchange = new FetchExchange(request);
  void openStream(hub, exchange, source, options);
  return exchange.response;
}

/** A request of the Fetch standard, answered by a `Response`. */
class FetchExchange implements Exchange {
  readonly request: Request;
  /** Resolves when the answer is known. */
  readonly response: Promise<Response>;
  onGone: (() => void) | undefined;
  #answer!: (response: Response) => void;
  #sink: FetchSink | undefined;

  constructor(request: Request) {
    if (typeof request?.headers?.get !== "function" || typeof request.signal?.addEventListener !== "function")
      throw invalidOption("request", "a Request of the Fetch standard", request);
    this.request = request;
    this.response = new Promise((resolve) => {
      this.#answer = resolve;
    });
    if (request.signal.aborted) this.#gone();
    else request.signal.addEventListener("abort", () => this.#gone(), { once: true });
  }

  get method(): string {
    return this.request.method;
  }

  get url(): string {
    return this.request.url;
  }

  /** The Fetch standard has no address of the client. */
  get remoteAddress(): undefined {
    return undefined;
  }

  get gone(): boolean {
    return this.request.signal.aborted;
  }

  header(name: string): string | undefined {
    return this.request.headers.get(name) ?? undefined;
  }

  refuse(status: number, headers: Readonly<Record<string, string>>, text: string): void {
    const body = text === "" || this.method === "HEAD" ? null : text;
    this.#answer(new Response(body, { status, headers: { ...headers } }));
  }

  open(headers: Readonly<Record<string, string>>, options: BodyOptions, owner: SinkOwner): Sink {
    this.#sink = new FetchSink(options, owner);
    this.#answer(new Response(this.#sink.body, { status: 200, headers: { ...headers } }));
    return this.#sink;
  }

  #gone(): void {
    // Nobody will read an answer now, but whoever waits for one must not wait for ever.
    if (this.#sink === undefined) {
      this.onGone?.();
      this.#answer(new Response(null, { status: 499 }));
    } else this.#sink.leave();
  }
}

/** Sends pieces as the body of a `Response`, as fast as it is pulled. */
class FetchSink implements Sink {
  written = 0;
  readonly body: ReadableStream<Uint8Array>;
  readonly #owner: SinkOwner;
  readonly #highWaterMark: number;
  readonly #tally: GzipTally | undefined;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #full = false;
  #over = false;

  constructor({ highWaterMark, gzip }: BodyOptions, owner: SinkOwner) {
    this.#owner = owner;
    this.#highWaterMark = highWaterMark;
    this.#tally = gzip ? new GzipTally() : undefined;
    // Not a stream of type "bytes": that one takes each buffer for itself, and ours are shared by many bodies.
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pulled(),
        cancel: () => this.#finish(),
      },
      { highWaterMark, size: (bytes) => bytes.byteLength },
    );
    if (gzip) this.#send(GZIP_HEADER);
  }

  get pending(): number {
    return this.#over ? 0 : Math.max(0, this.#highWaterMark - (this.#controller.desiredSize ?? 0));
  }

  get progress(): number {
    return this.written - this.pending;
  }

  write(piece: Piece): boolean {
    if (this.#tally === undefined) return this.#send(piece.bytes);
    return this.#send(this.#tally.add(piece).bytes);
  }

  end(): void {
    if (this.#over) return;
    const trailer = this.#tally?.trailer();
    if (trailer !== undefined) this.#send(trailer);
    this.#controller.close();
    this.#finish();
  }

  /** Nobody reads any more, which is no failure. */
  leave(): void {
    if (this.#over) return;
    this.#controller.close();
    this.#finish();
  }

  destroy(): void {
    if (this.#over) return;
    this.#controller.error(new DOMException("The event stream was cut.", "AbortError"));
    this.#finish();
  }

  #send(bytes: Uint8Array): boolean {
    if (this.#over) return false;
    this.written += bytes.length;
    this.#controller.enqueue(bytes);
    this.#full = (this.#controller.desiredSize ?? 0) <= 0;
    return !this.#full;
  }

  #pulled(): void {
    if (!this.#full) return;
    this.#full = false;
    this.#owner.drained();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#owner.gone();
  }
}
