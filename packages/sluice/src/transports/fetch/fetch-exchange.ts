import { invalidOption } from "../../base/checks/check-option.ts";
import { type HttpAnswer, NO_STORE } from "../../stream/answer/http-answer.ts";
import type { Sink, SinkOwner } from "../../stream/body/sink.ts";
import type { BodyOptions, Exchange } from "../../stream/opening/exchange.ts";
import { FRAMEWORK } from "../../stream/opening/framework.ts";
import { withHeaders } from "../../stream/opening/response-head.ts";
import type { StreamOptions } from "../../stream/opening/stream-options.ts";
import { FetchSink } from "./fetch-sink.ts";

/** Status of an answer that nobody reads: the client closed the request (nginx's 499). */
const CLIENT_GONE = 499;

/**
 * A server of Node that shuts down waits for kept connections. A client that came back on one would receive 503, which
 * stops `EventSource` for good. The body cannot close its connection, so the head does, on HTTP/1.1.
 */
const CLOSE: Readonly<Record<string, string>> | undefined = isNode() ? { connection: "close" } : undefined;

/** A request of the Fetch standard, answered by a `Response`. */
export class FetchExchange implements Exchange {
  readonly request: Request;
  /** True if an adapter waits for errors. */
  readonly handlesErrors: boolean;
  /** Resolves when the answer is known. */
  readonly response: Promise<Response>;
  onGone: (() => void) | undefined;
  #answer!: (response: Response) => void;
  #sink: FetchSink | undefined;
  /** The headers of the stream, until it is open. */
  #headers: StreamOptions["headers"];

  constructor(request: Request, options: StreamOptions) {
    if (typeof request?.headers?.get !== "function" || typeof request.signal?.addEventListener !== "function")
      throw invalidOption("request", "a Request of the Fetch standard", request);
    this.request = request;
    this.handlesErrors = FRAMEWORK in options;
    this.#headers = options.headers;
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

  refuse({ status, headers, text }: HttpAnswer): void {
    const body = text === "" || this.method === "HEAD" ? null : text;
    const { connection, ...rest } = headers;
    this.#answer(new Response(body, { status, headers: this.#isHttp1 ? { ...headers } : rest }));
  }

  open(headers: Readonly<Record<string, string>>, options: BodyOptions, owner: SinkOwner): Sink {
    this.#headers = undefined;
    this.#sink = new FetchSink(options, owner);
    this.#answer(new Response(this.#sink.body, { status: 200, headers: { ...(this.#isHttp1 && CLOSE), ...headers } }));
    return this.#sink;
  }

  /**
   * True if the header `connection` may be sent. On HTTP/2, Node warns of it. Such a request comes by TLS, and has no
   * `connection` itself.
   */
  get #isHttp1(): boolean {
    return this.url.startsWith("http:") || this.header("connection") !== undefined;
  }

  #gone(): void {
    if (this.#sink !== undefined) return this.#sink.leave();
    this.onGone?.();
    // The client reads no answer now, but the server still waits for one.
    const { headers } = withHeaders({ status: CLIENT_GONE, headers: NO_STORE, text: "" }, this.#headers);
    this.#answer(new Response(null, { status: CLIENT_GONE, headers }));
  }
}

function isNode(): boolean {
  const { process, Bun, Deno } = globalThis as { process?: NodeJS.Process; Bun?: unknown; Deno?: unknown };
  return process?.release?.name === "node" && Bun === undefined && Deno === undefined;
}
