import type { Sink, SinkOwner } from "../../stream/body/sink.ts";
import type { BodyOptions, Exchange } from "../../stream/opening/exchange.ts";
import { type NodeSink, openHttp1 } from "./node-http1.ts";
import { NodeHttp2Sink } from "./node-http2.ts";
import { type NodeRequest, type NodeResponse, refuseOnNode, removeConnectionHeaders } from "./node-request.ts";

/** A request that came through `node:http` or `node:http2`. */
export class NodeExchange implements Exchange {
  readonly request: NodeRequest;
  onGone: (() => void) | undefined;
  readonly #response: NodeResponse;
  #sink: NodeSink | undefined;

  constructor(request: NodeRequest, response: NodeResponse) {
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
    // While the source was being opened, the client may have left.
    if (!this.gone) refuseOnNode(this.request, this.#response, { status, headers, text });
  }

  open(headers: Readonly<Record<string, string>>, options: BodyOptions, owner: SinkOwner): Sink {
    const response = this.#response;
    removeConnectionHeaders(response);
    const head = keepVary(response, headers);
    const sink =
      response.stream === undefined
        ? openHttp1(response, head, options, owner)
        : new NodeHttp2Sink(response, head, options, owner);
    this.#sink = sink;
    return sink;
  }
}

/** What an answer varies by adds up, unlike any other header that is there already: CORS middlewares say `Origin`. */
function keepVary(response: NodeResponse, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const known = headers.vary === undefined ? undefined : response.getHeader("vary");
  return known === undefined ? headers : { ...headers, vary: `${String(known)}, ${headers.vary}` };
}
