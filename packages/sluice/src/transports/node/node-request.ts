import { invalidOption } from "../../base/check-option.ts";
import { SluiceError } from "../../base/sluice-error.ts";
import type { HttpAnswer } from "../../stream/opening/http-answer.ts";

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

/** Throws `INVALID_OPTION` where there is no request, or nothing left to answer, before anything is answered. */
export function checkNodeRequest(request: NodeRequest, response: NodeResponse): void {
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
}

/** Answers without a stream, unless something else has answered meanwhile. */
export function refuseOnNode(
  { method }: NodeRequest,
  response: NodeResponse,
  { status, headers, text }: HttpAnswer,
): void {
  if (response.headersSent) return;
  removeConnectionHeaders(response);
  response.writeHead(status, { ...headers });
  response.end(method === "HEAD" ? "" : text);
}

/** Headers that HTTP/2 forbids (RFC 9113 section 8.2.2), and that we leave to `node:http` otherwise. */
const CONNECTION_HEADERS = ["connection", "keep-alive", "transfer-encoding", "content-length", "upgrade"];

export function removeConnectionHeaders(response: NodeResponse): void {
  for (const name of CONNECTION_HEADERS) if (response.hasHeader(name)) response.removeHeader(name);
}
