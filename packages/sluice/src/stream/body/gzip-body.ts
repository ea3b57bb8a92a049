import { combineCrcs } from "./crc32.ts";
import { type GzipPart, gzipPart } from "./gzip-part.ts";
import type { Piece } from "./piece.ts";

/** The start of a gzip body (RFC 1952 section 2.3): deflate, no name, no time, unknown system. */
export const GZIP_HEADER: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

/** The gzip body of one connection: the CRC-32 and the size so far, which its trailer needs. */
export class GzipBody {
  #crc = 0;
  #size = 0;

  /** Counts a piece. Returns it as a part of the body. */
  add(piece: Piece): GzipPart {
    piece.gzip ??= gzipPart(piece.bytes);
    const part = piece.gzip;
    this.#crc = combineCrcs(this.#crc, part.crc, part.shift);
    this.#size = (this.#size + part.size) >>> 0;
    return part;
  }

  /**
   * Returns the end of the body (RFC 1952 section 2.3.1): an empty last block, the CRC-32, and the size modulo 2^32.
   */
  trailer(): Uint8Array {
    const bytes = new Uint8Array(10);
    bytes[0] = 3;
    const view = new DataView(bytes.buffer);
    view.setUint32(2, this.#crc >>> 0, true);
    view.setUint32(6, this.#size, true);
    return bytes;
  }
}
