import { toBytes } from "../../protocol/bytes.ts";
import type { HttpAnswer } from "../../stream/answer/http-answer.ts";
import type { Sink, SinkOwner } from "../../stream/body/sink.ts";
import type { BodyOptions, Exchange } from "../../stream/opening/exchange.ts";
import { FRAMEWORK, type Framework } from "../../stream/opening/framework.ts";
import { mergeVary } from "../../stream/opening/response-head.ts";
import type { StreamOptions } from "../../stream/opening/stream-options.ts";
import { settleConnectionHeaders } from "./connection-headers.ts";
import type { Http2Connection } from "./connections/http2-connection.ts";
import { isCutHere } from "./cut-here.ts";
import { expressNext } from "./express-next.ts";
import { FrameworkTurn } from "./framework-turn.ts";
import type { NodeRequest, NodeResponse } from "./node-request.ts";
import { BodySink } from "./sinks/body-sink.ts";
import { Http2Sink } from "./sinks/http2-sink.ts";
import type { NodeSink } from "./sinks/node-sink.ts";
import { openHttp1 } from "./sinks/open-http1.ts";
import { onSocketClose } from "./socket-close.ts";

/** A request that came through `node:http` or `node:http2`. */
export class NodeExchange implements Exchange {
  readonly request: NodeRequest;
  onGone: (() => void) | undefined;
  readonly #response: NodeResponse;
  /** On HTTP/2 only. */
  readonly #connection: Http2Connection | undefined;
  #sink: NodeSink | undefined;
  #remoteAddress: string | undefined;
  /** The turn of the framework, until the stream is open. */
  #turn: FrameworkTurn | undefined;

  constructor(request: NodeRequest, response: NodeResponse, options: StreamOptions, connection?: Http2Connection) {
    this.request = request;
    this.#response = response;
    this.#connection = connection;
    const framework = (options as { readonly [FRAMEWORK]?: Framework })[FRAMEWORK];
    this.#turn = framework && new FrameworkTurn(framework);
    const closed = () => {
      if (this.#sink === undefined) this.onGone?.();
      // A stream that Sluice ended has its reason already.
      else this.#sink.closed(this.cutHere ? "disconnected" : "client");
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

  get cutHere(): boolean {
    return isCutHere(this.request, this.#response);
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

  get handlesErrors(): boolean {
    return this.#turn !== undefined || expressNext(this.request) !== undefined;
  }

  fail(error: unknown, headers: HttpAnswer["headers"], isDemanded: boolean): boolean {
    if (this.#turn !== undefined) {
      this.#turn.fail(error, headers);
      return true;
    }
    const response = this.#response;
    for (const [name, value] of Object.entries(keepVary(response, headers))) response.setHeader(name, value);
    const next = isDemanded ? undefined : expressNext(this.request);
    next?.(error);
    return next !== undefined;
  }

  /** Not a method, so that it is absent without a framework. */
  get finish(): Exchange["finish"] {
    const turn = this.#turn;
    if (turn === undefined) return undefined;
    return (headers, go) => turn.begin(headers, go, (instead) => this.#refuseNow(instead));
  }

  refuse(answer: HttpAnswer): void {
    if (this.answered) return;
    const sound = this.#withoutConnection(answer);
    if (this.#turn === undefined) this.#refuseNow(sound);
    else this.#turn.refuse(sound, (later) => this.#refuseNow(later));
  }

  /** HTTP/2 has no header `connection`: the session closes (`http2-sessions.ts`). */
  #withoutConnection(answer: HttpAnswer): HttpAnswer {
    if (this.#response.stream === undefined || answer.headers.connection === undefined) return answer;
    const { connection, ...headers } = answer.headers;
    return { ...answer, headers };
  }

  #refuseNow({ status, headers, text }: HttpAnswer): void {
    const body = this.#turn?.body;
    // The framework has sent the head of an event stream for the body.
    if (body !== undefined) {
      if (status === 200 && text !== "") body.push(toBytes(text));
      return void body.push(null);
    }
    // The client may have left while the source was being opened.
    if (this.gone) return;
    const response = this.#response;
    if (response.headersSent) return;
    const hasBody = status !== 204 && this.method !== "HEAD";
    settleConnectionHeaders(response, hasBody);
    response.writeHead(status, { ...keepVary(response, headers) });
    response.end(hasBody ? text : "");
  }

  open(headers: Readonly<Record<string, string>>, options: BodyOptions, owner: SinkOwner): Sink {
    const response = this.#response;
    const body = this.#turn?.body;
    this.#turn = undefined;
    if (body !== undefined) return (this.#sink = new BodySink(body, options, owner));
    settleConnectionHeaders(response, true);
    const head = keepVary(response, headers);
    const sink =
      response.stream === undefined
        ? openHttp1(response, head, options, owner)
        : new Http2Sink(response, this.#connection, head, options, owner);
    this.#sink = sink;
    return sink;
  }
}

/** Returns the headers with the response's own `vary` added to ours. CORS middlewares set it to `Origin`. */
function keepVary(response: NodeResponse, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { vary } = headers;
  return vary === undefined ? headers : { ...headers, vary: mergeVary(response.getHeader("vary"), vary) };
}
