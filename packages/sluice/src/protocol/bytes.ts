/** The part of Node's `Buffer` that this file uses. Browsers and some workers have no `Buffer`. */
interface BufferConstructor {
  from(text: string): Uint8Array<ArrayBuffer>;
  byteLength(text: string): number;
  concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
}

const NodeBuffer = (globalThis as { Buffer?: BufferConstructor }).Buffer;
const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/**
 * Returns the UTF-8 bytes of `text`. A lone surrogate becomes U+FFFD.
 *
 * Uses `Buffer.from` if the runtime has it, since it takes small pieces from a pool. Measured on Node 20: it needs half
 * the time of `TextEncoder` for texts of up to 300 characters, and the same time for long ones.
 */
export const toBytes: (text: string) => Uint8Array<ArrayBuffer> = NodeBuffer
  ? (text) => NodeBuffer.from(text)
  : (text) => encoder.encode(text);

/** Returns the number of UTF-8 bytes of `text`. A lone surrogate counts as U+FFFD: three bytes. */
export const byteLength: (text: string) => number = NodeBuffer
  ? (text) => NodeBuffer.byteLength(text)
  : (text) => encoder.encode(text).length;

/** Returns a new array of all pieces, one after another. */
export const concatBytes: (pieces: readonly Uint8Array[]) => Uint8Array<ArrayBuffer> = NodeBuffer
  ? (pieces) => NodeBuffer.concat(pieces)
  : joinBytes;

function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.length;
  }
  return whole;
}
