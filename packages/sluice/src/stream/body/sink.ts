import type { Piece } from "./piece.ts";

/** What a transport tells about the stream it carries. */
export interface SinkOwner {
  /** The subscriber took what was waiting: more may be written. MUST NOT be called within `write`. */
  drained(): void;
  /** What stands between the sink and the connection threw: nothing more can be written. */
  failed(error: unknown): void;
  /** The connection is gone, or the body is written to its end. Called once. */
  gone(): void;
}

/** The sending end of one open response body. */
export interface Sink {
  /**
   * Hands over a piece. It always goes out; the answer is whether to go on: `false` when the bytes not yet taken have
   * reached the high-water mark. `drained` is then called once they are taken.
   */
  write(piece: Piece): boolean;
  /** The first block is written: what was held back, so that it leaves in one packet with the head, goes out now. */
  opened?(): void;
  /** Ends the body in an orderly way, after what was written. */
  end(): void;
  /** Cuts the connection at once, or resets the HTTP/2 stream; what was written and not taken is lost. */
  destroy(): void;
  /** Bytes handed over so far, as framed. */
  readonly written: number;
  /** Bytes handed over and not yet known to be taken by the connection: rounded up to whole writes. */
  readonly pending: number;
  /**
   * A number that changes only when the connection took bytes or none are pending: with the first byte where the transport can tell,
   * else with the last of a write.
   */
  readonly progress: number;
  /** Whether the subscriber has closed its side, so that no more can be sent, although bytes wait. Where a transport can tell. */
  readonly left?: boolean;
}
