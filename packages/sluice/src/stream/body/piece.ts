import { toChunk } from "./chunk.ts";
import type { GzipPart } from "./gzip-part.ts";

/**
 * Some events or a comment as bytes, encoded once and written to many streams. Each other form that transports need is
 * also made at most once, on first use.
 */
export class Piece {
  /** The bytes as a client sees them. Many sockets share them: never change them. */
  readonly bytes: Uint8Array;
  /** Number of events; comments and positions do not count. */
  readonly events: number;
  /** The piece as a part of any gzip body (RFC 1952). The first gzip body sets it. */
  gzip: GzipPart | undefined;
  #chunk: Uint8Array | undefined;

  constructor(bytes: Uint8Array, events: number) {
    this.bytes = bytes;
    this.events = events;
  }

  /** The piece as one chunk of a chunked body (RFC 9112 section 7.1). */
  get chunk(): Uint8Array {
    return (this.#chunk ??= toChunk(this.bytes));
  }
}
