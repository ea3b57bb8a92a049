import { isWorkerd } from "../../base/context/request-mark.ts";
import { toChunk } from "./chunk.ts";
import { crcShift } from "./crc32.ts";

/** The part of `node:zlib` that this file uses. Node, Bun and Deno have it; other runtimes do not. */
interface Zlib {
  deflateRawSync(bytes: Uint8Array, options: { finishFlush: number; level: number }): Uint8Array;
  crc32(bytes: Uint8Array, value?: number): number;
  constants: { Z_FULL_FLUSH: number };
}

/** The default level of zlib. Each piece is compressed once, however many streams it goes to. */
const COMPRESSION_LEVEL = 6;

/**
 * Shorter pieces (positions, heartbeats, the first block of each stream) are stored: zlib would cost more than it
 * saves.
 */
const STORED_BELOW_BYTES = 128;

const ZLIB = findZlib();

function findZlib(): Zlib | undefined {
  const host = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process;
  const zlib = host?.getBuiltinModule?.("node:zlib") as Zlib | undefined;
  return typeof zlib?.deflateRawSync === "function" && typeof zlib.crc32 === "function" ? zlib : undefined;
}

/** Returns true if this runtime can compress piece by piece. workerd would compress such a body a second time. */
export function canGzip(): boolean {
  return ZLIB !== undefined && !isWorkerd;
}

/**
 * A piece as a part of a gzip body: raw deflate that ends with a full flush and refers to nothing before it. So the
 * same part serves every connection.
 */
export interface GzipPart {
  readonly bytes: Uint8Array;
  /** The bytes as one chunk of a chunked body. */
  readonly chunk: Uint8Array;
  /** CRC-32 of the uncompressed bytes. */
  readonly crc: number;
  /** Number of uncompressed bytes. */
  readonly size: number;
  /** The operator that appends `crc` to the CRC-32 of the bytes before it. */
  readonly shift: number;
}

/** Compresses the bytes of a piece. Call it only if {@link canGzip} returns true. */
export function gzipPart(bytes: Uint8Array): GzipPart {
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

/**
 * Returns an uncompressed block of deflate (RFC 1951 section 3.2.4) and an empty one, with which a flush ends too: the
 * decompressor of Go, and so Caddy and Traefik, passes bytes on only there.
 */
function storedBlock(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(10 + bytes.length).fill(0xff, 8 + bytes.length);
  const view = new DataView(block.buffer);
  view.setUint16(1, bytes.length, true);
  view.setUint16(3, ~bytes.length, true);
  block.set(bytes, 5);
  return block;
}
