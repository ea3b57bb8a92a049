import { invalidOption } from "../protocol/check-option.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import type { BodyOptions, Exchange } from "../stream/exchange.ts";
import type { Sink, SinkOwner } from "../stream/sink.ts";
import { type NodeSink, openHttp1 } from "./node-http1.ts";
import { NodeHttp2Sink } from "./node-http2.ts";

/** What Sluice needs of a request of `node:http`, of its HTTP/2 counterpart, or of what a framework makes of one. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders?: readonly string[];
  readonly socket?: NodeConnection | null;
}

/** What Sluice needs of the connection that a request came on. */
export interface NodeConnection {
  readonly remoteAddress?: string | undefined;
  readonly destroyed?: boolean;
  on?(event: "close", listener: () => void): unknown;
  off?(event: "close", listener: () => void): unknown;
}

/** What Sluice needs of a `ServerResponse` of `node:http`, or of an `Http2ServerResponse`. */
export interface NodeResponse {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  readonly writableLength: number;
  readonly chunkedEncoding?: boolean;
  readonly socket: NodeSocket | null;
  /** An HTTP/2 response has one. */
  readonly stream?: NodeHttp2Stream;
  hasHeader(name: string): boolean;
  getHeader(name: string): unknown;
  removeHeader(name: string): void;
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** Absent from the type of HTTP/2's, not from its objects. */
  flushHeaders?(): void;
  /** Compression middlewares add it. */
  flush?(): void;
  write(bytes: Uint8Array, callback?: (error?: Error | null) => void): boolean;
  end(text: string): unknown;
  destroy(): unknown;
  on(event: "close" | "error" | "drain", listener: () => void): unknown;
}

/** What Sluice needs of a socket. */
export interface NodeSocket {
  readonly destroyed: boolean;
  readonly writable: boolean;
  readonly writableLength: number;
  readonly remoteAddress?: string | undefined;
  write(bytes: Uint8Array, callback?: (error?: Error | null) => void): boolean;
  cork(): void;
  uncork(): void;
  destroy(): unknown;
}

/** What Sluice needs of a `ServerHttp2Stream`. */
export interface NodeHttp2Stream {
  readonly destroyed: boolean;
  readonly closed: boolean;
  readonly writable: boolean;
  readonly writableLength: number;
  write(bytes: Uint8Array, callback?: (error?: Error | null) => void): boolean;
  close(code: number): void;
  destroy(): unknown;
}

/** Headers that HTTP/2 forbids (RFC 9113 section 8.2.2), and that we leave to `node:http` otherwise. */
const CONNECTION_HEADERS = ["connection", "keep-alive", "transfer-encoding", "content-length", "upgrade"];

/** A request that came through `node:http` or `node:http2`. */
export class NodeExchange implements Exchange {
  readonly request: NodeRequest;
  onGone: (() => void) | undefined;
  readonly #response: NodeResponse;
  #sink: NodeSink | undefined;

  constructor(request: NodeRequest, response: NodeResponse) {
    // Not by `headers`, which Node makes when it is first asked for, and keeps as long as the stream.
    if (typeof (request?.rawHeaders ?? request?.headers) !== "object")
      throw invalidOption("request", "a request of node:http or alike", request);
    if (typeof response?.writeHead !== "function")
      throw invalidOption("response", "a response of node:http or alike", response);
    if (response.headersSent) {
      throw new SluiceError(
        "INVALID_OPTION",
        "The response's head was sent already. Call stream() before anything else answers.",
      );
    }
    this.request = request;
    this.#response = response;
    const closed = () => {
      if (this.#sink === undefined) this.onGone?.();
      else this.#sink.closed();
    };
    if (response.stream !== undefined || response.socket) {
      // The one listener for the whole life of the stream.
      response.on("close", closed);
      return;
    }
    // Pipelined behind another response: Node does not tell it when the connection goes before its turn.
    const { socket } = request;
    socket?.on?.("close", closed);
    response.on("close", () => {
      socket?.off?.("close", closed);
      closed();
    });
  }

  get method(): string {
    return this.request.method ?? "GET";
  }

  get url(): string {
    return this.request.url ?? "";
  }

  get remoteAddress(): string | undefined {
    return this.request.socket?.remoteAddress;
  }

  get gone(): boolean {
    const { destroyed, socket, stream } = this.#response;
    // A response of HTTP/2 has no `destroyed`.
    if (stream !== undefined) return stream.destroyed || stream.closed;
    return destroyed || (socket ?? this.request.socket)?.destroyed === true;
  }

  /** Reads the raw headers: `headers` is made on first use, and would stay in memory for as long as the stream. */
  header(name: string): string | undefined {
    const { rawHeaders } = this.request;
    if (rawHeaders !== undefined) {
      for (let i = 0; i < rawHeaders.length; i += 2) {
        if (rawHeaders[i]!.length === name.length && rawHeaders[i]!.toLowerCase() === name) return rawHeaders[i + 1];
      }
      return undefined;
    }
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  refuse(status: number, headers: Readonly<Record<string, string>>, text: string): void {
    const response = this.#response;
    // While the source was being opened, the client may have left, or something else may have answered.
    if (this.gone || response.headersSent) return;
    removeHeaders(response);
    response.writeHead(status, { ...headers });
    response.end(this.method === "HEAD" ? "" : text);
  }

  open(headers: Readonly<Record<string, string>>, options: BodyOptions, owner: SinkOwner): Sink {
    const response = this.#response;
    removeHeaders(response);
    const head = keepVary(response, headers);
    const sink =
      response.stream === undefined
        ? openHttp1(response, head, options, owner)
        : new NodeHttp2Sink(response, head, options, owner);
    this.#sink = sink;
    return sink;
  }
}

function removeHeaders(response: NodeResponse): void {
  for (const name of CONNECTION_HEADERS) if (response.hasHeader(name)) response.removeHeader(name);
}

/** What an answer varies by adds up, unlike any other header that is there already: CORS middlewares say `Origin`. */
function keepVary(response: NodeResponse, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const known = headers.vary === undefined ? undefined : response.getHeader("vary");
  return known === undefined ? headers : { ...headers, vary: `${String(known)}, ${headers.vary}` };
}
