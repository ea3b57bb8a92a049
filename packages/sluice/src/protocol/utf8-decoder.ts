const LEAVE_BOM = { ignoreBOM: true };

/**
 * Returns a function that decodes the UTF-8 of one stream, chunk by chunk: what is not UTF-8 becomes U+FFFD, a
 * character cut in two comes with its second half, and a byte order mark stays (WHATWG Encoding, section 6).
 *
 * Node decodes a whole text of ASCII at five times the speed of a streamed one, but any other at half. So a chunk that
 * begins and ends between characters is decoded as a whole as long as the one before was ASCII (bench/parser).
 */
export function createUtf8Decoder(): (bytes: Uint8Array) => string {
  const wholeDecoder = new TextDecoder("utf-8", LEAVE_BOM);
  const streamDecoder = new TextDecoder("utf-8", LEAVE_BOM);
  let wasAscii = true;
  return (bytes) => {
    const { length } = bytes;
    const endsInAscii = bytes[length - 1]! < 0x80;
    const text = wasAscii && endsInAscii ? wholeDecoder.decode(bytes) : streamDecoder.decode(bytes, { stream: true });
    wasAscii = endsInAscii && text.length === length;
    return text;
  };
}
