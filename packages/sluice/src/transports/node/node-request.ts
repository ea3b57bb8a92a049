import { invalidOption } from "../../base/checks/check-option.ts";
import type { HttpAnswer } from "../../stream/answer/http-answer.ts";

/** The part of a request that Sluice uses: of `node:http`, `node:http2`, or a framework. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders?: readonly string[];
  readonly socket?: NodeConnection | null;
}

/** The part of a request's connection that Sluice uses. */
export interface NodeConnection {
  readonly remoteAddress?: string | undefined;
  readonly destroyed?: boolean;
  /** True if the peer has ended its side. */
  readonly readableEnded?: boolean;
  /** The error that destroyed it; those of the system have a code. */
  readonly errored?: Error | null;
  on?(event: "close", listener: () => void): unknown;
}

/** The part of a `ServerResponse` or an `Http2ServerResponse` that Sluice uses. */
export interface NodeResponse {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  /** True once `end()` was called. */
  readonly writableEnded?: boolean;
  readonly writableLength: number;
  readonly chunkedEncoding?: boolean;
  /** False on HTTP/1.0, which has no chunks. */
  readonly useChunkedEncodingByDefault?: boolean;
  readonly socket: NodeSocket | null;
  /** Present on HTTP/2 only. */
  readonly stream?: NodeHttp2Stream;
  hasHeader(name: string): boolean;
  getHeader(name: string): unknown;
  setHeader(name: string, value: string): unknown;
  removeHeader(name: string): void;
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** The type of an HTTP/2 response lacks it, but its objects have it. */
  flushHeaders?(): void;
  /** Compression middlewares add it. */
  flush?(): void;
  write(bytes: Uint8Array, callback?: (error?: Error | null) => void): boolean;
  end(text: string): unknown;
  destroy(): unknown;
  on(event: "close" | "error" | "drain" | "finish", listener: () => void): unknown;
}

/** The part of a socket that Sluice uses. */
export interface NodeSocket {
  readonly destroyed: boolean;
  readonly writable: boolean;
  readonly writableLength: number;
  readonly remoteAddress?: string | undefined;
  /** Ends the connection after all bytes are sent. Imitations of `node:http` may lack it. */
  destroySoon?(): void;
  write(bytes: Uint8Array, callback?: (error?: Error | null) => void): boolean;
  cork(): void;
  uncork(): void;
  destroy(): unknown;
}

/** The part of a `ServerHttp2Stream` that Sluice uses. */
export interface NodeHttp2Stream {
  /** Absent once the connection is gone. */
  readonly session?: NodeHttp2Session | undefined;
  readonly destroyed: boolean;
  readonly closed: boolean;
  /** The code with which it was reset; 0: it was not. */
  readonly rstCode?: number | undefined;
  readonly writable: boolean;
  readonly writableLength: number;
  write(bytes: Uint8Array, callback?: (error?: Error | null) => void): boolean;
  close(code: number): void;
  destroy(): unknown;
}

/** The part of a `ServerHttp2Session` that Sluice uses. */
export interface NodeHttp2Session {
  /** The server that accepted the connection. Not documented. */
  readonly server?: NodeHttp2Server | undefined;
  readonly destroyed: boolean;
  readonly state?: {
    /** Number of bytes that the client still takes on all streams together. */
    readonly remoteWindowSize?: number | undefined;
  };
  readonly socket?: { once(event: "close", listener: () => void): NodeHttp2Socket } | undefined;
  close(): void;
  destroy(): unknown;
  once(event: "close" | "stream", listener: () => void): this;
}

/** The part of a session's socket that Sluice uses. */
export interface NodeHttp2Socket {
  readonly _handle?: { readonly bytesWritten?: number; readonly writeQueueSize?: number } | null;
  destroy(): unknown;
}

/** The part of an `Http2Server` that Sluice uses. */
export interface NodeHttp2Server {
  on(event: "session", listener: (session: NodeHttp2Session) => void): unknown;
  off(event: "session", listener: (session: NodeHttp2Session) => void): unknown;
}

/** Throws `INVALID_OPTION` if the request or the response is none. */
export function checkNodeRequest(request: NodeRequest, response: NodeResponse): void {
  // Not `headers` first: Node makes that object on first use, and keeps it as long as the stream.
  if (typeof (request?.rawHeaders ?? request?.headers) !== "object")
    throw invalidOption("request", "a request of node:http or alike", request);
  if (typeof response?.writeHead !== "function")
    throw invalidOption("response", "a response of node:http or alike", response);
}

/**
 * Answers without a stream, and without the code of streams. Does nothing if other code has answered meanwhile, or if
 * the client has left.
 */
export function refuseOnNode(
  { method }: NodeRequest,
  response: NodeResponse,
  { status, headers, text }: HttpAnswer,
): void {
  if (response.headersSent || response.destroyed) return;
  for (const name of CONNECTION_HEADERS) if (response.hasHeader(name)) response.removeHeader(name);
  response.writeHead(status, { ...headers });
  response.end(method === "HEAD" ? "" : text);
}

/** Headers that HTTP/2 forbids (RFC 9113 section 8.2.2), and that `node:http` sets itself on HTTP/1. */
export const CONNECTION_HEADERS: readonly string[] = [
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "upgrade",
];
