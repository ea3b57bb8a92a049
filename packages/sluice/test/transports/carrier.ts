import type { CloseReason, Sluice, Source, StreamOptions } from "../../src/index.ts";
import type { SeenStream } from "../support/seen-stream.ts";

/** How a request is made, on whatever transport. */
export interface Get {
  readonly path?: string;
  readonly method?: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
  /** Reads nothing until `resume()`. */
  readonly paused?: boolean;
  /** Keeps the bytes of the body instead of reading it as an event stream. */
  readonly keep?: boolean;
}

/** One who asked for a stream, on whatever transport. */
export interface Asker {
  /** 0 until the head has come. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly stream: SeenStream;
  /** Whether the body was read to an end that is one by its framing. */
  readonly complete: boolean;
  /** Whether nothing more can come. */
  readonly over: boolean;
  /** Reads nothing more for now. */
  pause(): void;
  resume(): void;
  /** Goes away, in one of the carrier's ways. */
  leave(way: string): void;
}

/** Answers a request with a stream. */
export type Open = (sluice: Sluice, source: Source, options?: StreamOptions) => Promise<CloseReason>;

/** A transport under test. */
export interface Carrier {
  readonly name: string;
  /** How a client can leave. */
  readonly ways: readonly string[];
  /** Whether a client can tell a body that was cut from one that ended. HTTP/1.0 ends every body by the connection. */
  readonly framed: boolean;
  start(answer: (open: Open) => void): Promise<Carried>;
}

/** A transport at work. */
export interface Carried extends AsyncDisposable {
  get(request?: Get): Asker;
}
