import type { Piece } from "./piece.ts";

/** The owner of a sink: the stream. The transport notifies it. */
export interface SinkOwner {
  /** The subscriber took the waiting bytes: more may be written. MUST NOT be called within `write`. */
  drained(): void;
  /** A layer between the sink and the connection threw. Nothing more can be written. */
  failed(error: unknown): void;
  /**
   * The connection is gone, or the body is written to its end. Called once. `reason` holds if the stream has none yet.
   * Default: `client`.
   */
  gone(reason?: "client" | "disconnected" | "stalled"): void;
}

/** The sending end of one open response body. */
export interface Sink {
  /**
   * Sends a piece. The sink always accepts it. Returns `false` if the bytes not yet taken have reached the high-water
   * mark; the owner's `drained` is then called once they are taken.
   */
  write(piece: Piece): boolean;
  /**
   * Called after the first block is written. Bytes that were held back, to leave in one packet with the head, go out
   * now.
   */
  opened?(): void;
  /**
   * Ends the body in an orderly way, after all bytes written. `isLast` is true if the server is about to stop: then the
   * connection MUST NOT carry another request, if the transport can prevent it.
   */
  end(isLast: boolean): void;
  /** Called when `progress` was seen to have changed. For transports whose streams share a connection. */
  moved?(): void;
  /**
   * Cuts the connection at once, or resets the HTTP/2 stream; if its whole connection stalls, cuts that. Bytes not yet
   * taken are lost.
   */
  destroy(): void;
  /** Bytes written so far, including their framing. */
  readonly written: number;
  /** Bytes written that the connection has not taken as far as known, rounded up to whole writes. */
  readonly pending: number;
  /**
   * A number that changes only if the connection took bytes, or if none are pending. It changes with the first byte of
   * a write if the transport can observe that, else with the last.
   */
  readonly progress: number;
  /**
   * True if the subscriber has closed its side, so that no more can be sent. Only on transports that can observe it.
   */
  readonly left?: boolean;
}
