import type { Sink, SinkOwner } from "../../stream/body/sink.ts";
import type { BodyOptions, Exchange } from "../../stream/opening/exchange.ts";
import type { HttpAnswer } from "../../stream/opening/http-answer.ts";
import { settleConnectionHeaders } from "./connection-headers.ts";
import { Http2Sink } from "./http2-sink.ts";
import type { NodeRequest, NodeResponse } from "./node-request.ts";
import type { NodeSink } from "./node-sink.ts";
import { openHttp1 } from "./open-http1.ts";
import { onSocketClose } from "./socket-close.ts";

/** A request that came through `node:http` or `node:http2`. */
export class NodeExchange implements Exchange {
  readonly request: NodeRequest;
  onGone: (() => void) | undefined;
  readonly #response: NodeResponse;
  #sink: NodeSink | undefined;
  #remoteAddress: string | undefined;

  constructor(request: NodeRequest, response: NodeResponse) {
    this.request = request;
    this.#response = response;
    const closed = () => {
      if (this.#sink === undefined) this.onGone?.();
      // A stream that Sluice ended has its reason already.
      else this.#sink.closed(response.writableEnded === true ? "disconnected" : "client");
    };
    if (response.stream !== undefined || response.socket) {
      // The only listener of the whole stream.
      response.on("close", closed);
      return;
    }
    // A pipelined response waits for the one before it. Until its turn, Node does not notify it of a closed connection.
    const stopWatching = onSocketClose(request.socket, closed);
    response.on("close", () => {
      stopWatching();
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
    return this.#remoteAddress ?? this.request.socket?.remoteAddress;
  }

  keepRemoteAddress(): void {
    this.#remoteAddress = this.remoteAddress;
  }

  get answered(): boolean {
    return this.#response.headersSent || this.#response.writableEnded === true;
  }

  get gone(): boolean {
    const { destroyed, socket, stream } = this.#response;
    // A response on HTTP/2 has no `destroyed`.
    if (stream !== undefined) return stream.destroyed || stream.closed;
    return destroyed || (socket ?? this.request.socket)?.destroyed === true;
  }

  /** Reads the raw headers: Node makes `headers` on first use, and would keep them for as long as the stream. */
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

  refuse({ status, headers, text }: HttpAnswer): void {
    // The client may have left while the source was being opened.
    if (this.gone) return;
    const response = this.#response;
    if (response.headersSent) return;
    const hasBody = status !== 204 && this.method !== "HEAD";
    settleConnectionHeaders(response, hasBody);
    const head: Record<string, string> = { ...keepVary(response, headers) };
    // HTTP/2 has no such header: the session closes (`http2-sessions.ts`).
    if (response.stream !== undefined) delete head.connection;
    response.writeHead(status, head);
    response.end(hasBody ? text : "");
  }

  open(headers: Readonly<Record<string, string>>, options: BodyOptions, owner: SinkOwner): Sink {
    const response = this.#response;
    settleConnectionHeaders(response, true);
    const head = keepVary(response, headers);
    const sink =
      response.stream === undefined
        ? openHttp1(response, head, options, owner)
        : new Http2Sink(response, head, options, owner);
    this.#sink = sink;
    return sink;
  }
}

/** Returns the headers with the response's own `vary` added to ours. CORS middlewares set it to `Origin`. */
function keepVary(response: NodeResponse, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const known = headers.vary === undefined ? undefined : response.getHeader("vary");
  return known === undefined ? headers : { ...headers, vary: `${String(known)}, ${headers.vary}` };
}
