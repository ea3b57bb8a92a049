const CR = 13;
const LF = 10;

/**
 * Returns bytes as one chunk of a chunked body (RFC 9112 section 7.1). `bytes` must not be empty: an empty chunk ends
 * the body.
 */
export function toChunk(bytes: Uint8Array): Uint8Array {
  const size = bytes.length.toString(16);
  const chunk = new Uint8Array(size.length + bytes.length + 4);
  let at = 0;
  for (; at < size.length; at++) chunk[at] = size.charCodeAt(at);
  chunk[at++] = CR;
  chunk[at++] = LF;
  chunk.set(bytes, at);
  at += bytes.length;
  chunk[at++] = CR;
  chunk[at] = LF;
  return chunk;
}
