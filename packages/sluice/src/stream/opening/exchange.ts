import type { Sink, SinkOwner } from "../body/sink.ts";

/** How a response body is to be sent. */
export interface BodyOptions {
  /** Bytes not yet taken at which the sink says stop. */
  readonly highWaterMark: number;
  /** Whether the body is gzip; the head says so already. */
  readonly gzip: boolean;
}

/** A request that waits for its answer, whatever the server: what a transport gives to the rest. */
export interface Exchange {
  /** The request as the user passed it in. */
  readonly request: unknown;
  readonly method: string;
  /** Path and query, or the whole URL. */
  readonly url: string;
  readonly remoteAddress: string | undefined;
  /** Whether the client went away before it was answered. */
  readonly gone: boolean;
  /** Called when the client goes away before it is answered. */
  onGone: (() => void) | undefined;
  /** A request header; the name in lower case. */
  header(name: string): string | undefined;
  /** Answers without a stream. An empty `text` is no body. */
  refuse(status: number, headers: Readonly<Record<string, string>>, text: string): void;
  /** Sends the head of the event stream at once, and opens the body. */
  open(headers: Readonly<Record<string, string>>, options: BodyOptions, owner: SinkOwner): Sink;
}
