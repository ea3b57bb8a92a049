import type { Sink, SinkOwner } from "../body/sink.ts";
import type { HttpAnswer } from "./http-answer.ts";

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
  /** True if the client left before it was answered. */
  readonly gone: boolean;
  /** Called if the client leaves before it is answered. */
  onGone: (() => void) | undefined;
  /** Returns a request header. `name` is in lower case. */
  header(name: string): string | undefined;
  /** Answers without a stream. */
  refuse(answer: HttpAnswer): void;
  /** Sends the head of the event stream at once, and opens the body. */
  open(headers: Readonly<Record<string, string>>, options: BodyOptions, owner: SinkOwner): Sink;
}
