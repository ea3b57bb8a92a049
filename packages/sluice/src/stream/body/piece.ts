import { toChunk } from "./chunk.ts";
import type { GzipPart } from "./gzip.ts";

/**
 * Some events (or a comment) as bytes, made once and written to many streams. What a transport needs in another form is
 * made at most once too, when the first of them asks.
 */
export class Piece {
  /** The bytes as a client sees them. Never changed, since many sockets share them. */
  readonly bytes: Uint8Array;
  /** How many events are in it; comments and positions do not count. */
  readonly events: number;
  /** As a part of any gzip body (RFC 1952), whatever came before it there; set by the first body that is one. */
  gzip: GzipPart | undefined;
  #chunk: Uint8Array | undefined;

  constructor(bytes: Uint8Array, events: number) {
    this.bytes = bytes;
    this.events = events;
  }

  /** As one chunk of a chunked body (RFC 9112 section 7.1). */
  get chunk(): Uint8Array {
    return (this.#chunk ??= toChunk(this.bytes));
  }
}
