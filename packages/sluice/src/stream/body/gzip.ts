import { toChunk } from "./chunk.ts";
import type { Piece } from "./piece.ts";

/** What this module needs of `node:zlib`, which Node, Bun and Deno have and other runtimes lack. */
interface Zlib {
  deflateRawSync(bytes: Uint8Array, options: { finishFlush: number; level: number }): Uint8Array;
  crc32(bytes: Uint8Array, value?: number): number;
  constants: { Z_FULL_FLUSH: number };
}

/** Favours speed: the same events go to many, but the server pays once per cohort and flush. */
const COMPRESSION_LEVEL = 6;

/** The start of a gzip body (RFC 1952 section 2.3): deflate, no name, no time, unknown system. */
export const GZIP_HEADER: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

const ZLIB = findZlib();

function findZlib(): Zlib | undefined {
  const host = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process;
  const zlib = host?.getBuiltinModule?.("node:zlib") as Zlib | undefined;
  return typeof zlib?.deflateRawSync === "function" && typeof zlib.crc32 === "function" ? zlib : undefined;
}

/** Whether this runtime can compress piece by piece. */
export function canGzip(): boolean {
  return ZLIB !== undefined;
}

/**
 * A piece as a part of a gzip body. It is raw deflate, ended by a full flush and without a reference to anything before
 * it, so the very same part serves every connection.
 */
export interface GzipPart {
  readonly bytes: Uint8Array;
  readonly chunk: Uint8Array;
  /** CRC-32 and length of what it was made of, and the operator that appends it to a CRC-32 that came before. */
  readonly crc: number;
  readonly size: number;
  readonly shift: number;
}

/** Too little to compress: positions, heartbeats and what opens a stream, of which each stream has its own. */
const STORED_BELOW_BYTES = 128;

/** Compresses a piece; only where {@link canGzip}. */
function gzipPart(bytes: Uint8Array): GzipPart {
  const { deflateRawSync, crc32, constants } = ZLIB as Zlib;
  const deflated =
    bytes.length < STORED_BELOW_BYTES
      ? storedBlock(bytes)
      : deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH, level: COMPRESSION_LEVEL });
  let chunk: Uint8Array | undefined;
  return {
    bytes: deflated,
    get chunk() {
      return (chunk ??= toChunk(deflated));
    },
    crc: crc32(bytes),
    size: bytes.length,
    shift: crcShift(bytes.length),
  };
}

/** A block of deflate that is not compressed (RFC 1951 section 3.2.4). It begins and ends at a byte, as every piece does. */
function storedBlock(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(5 + bytes.length);
  const view = new DataView(block.buffer);
  view.setUint16(1, bytes.length, true);
  view.setUint16(3, ~bytes.length, true);
  block.set(bytes, 5);
  return block;
}

/** What a connection's gzip body amounts to so far: all it takes to end it with a valid trailer. */
export class GzipTally {
  #crc = 0;
  #size = 0;

  /** Counts a piece, and returns it as a part of the body. */
  add(piece: Piece): GzipPart {
    piece.gzip ??= gzipPart(piece.bytes);
    const part = piece.gzip;
    this.#crc = multiply(part.shift, this.#crc) ^ part.crc;
    this.#size = (this.#size + part.size) >>> 0;
    return part;
  }

  /** An empty last block, and the trailer (RFC 1952 section 2.3.1): CRC-32 and size modulo 2^32. */
  trailer(): Uint8Array {
    const bytes = new Uint8Array(10);
    bytes[0] = 3;
    const view = new DataView(bytes.buffer);
    view.setUint32(2, this.#crc >>> 0, true);
    view.setUint32(6, this.#size, true);
    return bytes;
  }
}

// CRC-32 is a remainder of polynomials over GF(2), so that crc(A followed by B) = crc(A) * x^(8 * |B|) + crc(B). The
// power is made once per piece; appending it to a connection's CRC is then one multiplication, not a pass over bytes.
// Bits are reflected as in gzip: x^0 is the highest bit.
const POLYNOMIAL = 0xedb88320;
const X_TO_THE_8 = 0x00800000;
const ONE = 0x80000000;

function multiply(a: number, b: number): number {
  let product = 0;
  for (let factor = a | 0; factor !== 0; factor <<= 1) {
    if (factor < 0) product ^= b;
    b = (b & 1) === 1 ? (b >>> 1) ^ POLYNOMIAL : b >>> 1;
  }
  return product;
}

function crcShift(bytes: number): number {
  let power = X_TO_THE_8 | 0;
  let shift = ONE | 0;
  for (let n = bytes; n > 0; n >>>= 1) {
    if ((n & 1) === 1) shift = multiply(power, shift);
    power = multiply(power, power);
  }
  return shift;
}
