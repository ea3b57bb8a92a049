import type { HttpAnswer } from "../answer/http-answer.ts";
import type { Sink, SinkOwner } from "../body/sink.ts";

/** How to send a response body. */
export interface BodyOptions {
  /** Number of bytes not yet taken at which the sink's `write` returns false. */
  readonly highWaterMark: number;
  /** True if the body is gzip. The head announces it. */
  readonly gzip: boolean;
}

/** A request that waits for its answer, on any server. Transports implement it. */
export interface Exchange {
  /** The request that the user passed in. */
  readonly request: unknown;
  readonly method: string;
  /** Path and query, or the whole URL. */
  readonly url: string;
  readonly remoteAddress: string | undefined;
  /**
   * Keeps `remoteAddress` for later: a connection that is gone has none. For streams that will need it only, because it
   * takes memory.
   */
  keepRemoteAddress?(): void;
  /** True if other code has sent a head, or has ended the response. */
  readonly answered?: boolean;
  /** True if the client left before it was answered. */
  readonly gone: boolean;
  /** True if the response has closed because code of this server cut it, as far as the transport can tell. */
  readonly cutHere?: boolean;
  /** Called if the response closes before this code answers: the client has left, or other code has answered. */
  onGone: (() => void) | undefined;
  /** Returns a request header. `name` is in lower case. */
  header(name: string): string | undefined;
  /** Answers without a stream. */
  refuse(answer: HttpAnswer): void;
  /** True if a framework waits for errors: it handles them unless the option `throws` says otherwise. */
  readonly handlesErrors?: boolean;
  /**
   * Passes an error to the framework, which answers. Returns false if the caller of Sluice must receive the error:
   * there is no framework, or `isDemanded` is true and the framework would not receive it. `headers` are those of the
   * stream.
   */
  fail?(error: unknown, headers: HttpAnswer["headers"], isDemanded: boolean): boolean;
  /**
   * Lets the framework finish its response, then calls `go`, unless `refuse` was called meanwhile. It may never call
   * `go`: `onGone` is called then. `undefined`: there is nothing to finish.
   */
  readonly finish?: ((headers: HttpAnswer["headers"], go: () => void) => void) | undefined;
  /** Sends the head of the event stream at once, and opens the body. */
  open(headers: Readonly<Record<string, string>>, options: BodyOptions, owner: SinkOwner): Sink;
}
