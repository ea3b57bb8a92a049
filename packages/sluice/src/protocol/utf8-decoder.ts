const LEAVE_BOM = { ignoreBOM: true };

/**
 * Returns a function that decodes the UTF-8 of one stream, chunk by chunk (WHATWG Encoding, section 6). Invalid bytes
 * become U+FFFD. A character that is cut in two appears with its second half. A byte order mark stays.
 *
 * Node decodes a whole ASCII text at five times the speed of a streamed one, but other text at half the speed. So a
 * chunk is decoded as a whole if it ends in ASCII and the chunk before it was all ASCII (bench/parser).
 */
export function createUtf8Decoder(): (bytes: Uint8Array) => string {
  const wholeDecoder = new TextDecoder(undefined, LEAVE_BOM);
  const streamDecoder = new TextDecoder(undefined, LEAVE_BOM);
  let wasAscii = true;
  return (bytes) => {
    const { length } = bytes;
    const endsInAscii = bytes[length - 1]! < 0x80;
    const text = wasAscii && endsInAscii ? wholeDecoder.decode(bytes) : streamDecoder.decode(bytes, { stream: true });
    wasAscii = endsInAscii && text.length === length;
    return text;
  };
}
