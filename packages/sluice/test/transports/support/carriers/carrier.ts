import type { CloseReason, Sluice, Source, StreamOptions } from "../../../../src/index.ts";
import type { ReceivedStream } from "../../../support/clients/received-stream.ts";

/** A request, on any transport. */
export interface ClientRequest {
  readonly path?: string;
  readonly method?: "GET" | "HEAD" | "POST" | "OPTIONS" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  /** Reads nothing until `resume()`. */
  readonly paused?: boolean;
  /** Keeps the bytes of the body instead of parsing them as an event stream. */
  readonly keep?: boolean;
}

/** A client that requested a stream, on any transport. */
export interface TestClient {
  /** 0 until the head has arrived. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly stream: ReceivedStream;
  /** True once the body was read to its end, according to its framing. */
  readonly complete: boolean;
  /** True once nothing more can arrive. */
  readonly over: boolean;
  /** Stops reading until `resume()`. */
  pause(): void;
  resume(): void;
  /** Leaves, in one of the carrier's ways. */
  leave(way: string): void;
}

/** Answers a request with a stream. */
export type Open = (sluice: Sluice, source: Source, options?: StreamOptions) => Promise<CloseReason>;

/** A request at the server. */
export interface Arrival {
  /** True once the server has noticed that the client left. */
  readonly gone: boolean;
}

/** A transport under test. */
export interface Carrier {
  readonly name: string;
  /** The ways in which a client can leave. */
  readonly ways: readonly string[];
  /**
   * True if a client can distinguish a body that was cut from one that ended. HTTP/1.0 ends every body by the
   * connection.
   */
  readonly framed: boolean;
  /** Starts a server. `answer` is called for each request. */
  start(answer: (open: Open, arrival: Arrival) => void): Promise<RunningCarrier>;
}

/** A running transport. */
export interface RunningCarrier extends AsyncDisposable {
  request(request?: ClientRequest): TestClient;
}
