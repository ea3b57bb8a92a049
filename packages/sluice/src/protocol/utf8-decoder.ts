const LEAVE_BOM = { ignoreBOM: true };
const STREAM = { stream: true };
// Without state, for it never streams; so all parsers may share it.
const wholeDecoder: TextDecoder = /* @__PURE__ */ new TextDecoder("utf-8", LEAVE_BOM);

/**
 * Returns a function that decodes the UTF-8 of one stream, chunk by chunk: what is not UTF-8 becomes U+FFFD, a character
 * cut in two comes with its second half, and a byte order mark is left in (WHATWG Encoding, section 6).
 *
 * Node decodes a whole text of ASCII at five times the speed of a streamed one, but any other at half. So a chunk that
 * begins and ends between characters is decoded as a whole as long as the chunk before it was ASCII (bench/parser).
 */
export function createUtf8Decoder(): (bytes: Uint8Array) => string {
  let streamDecoder: TextDecoder | undefined;
  let wasAscii = true;
  return (bytes) => {
    const { length } = bytes;
    const endsInAscii = length > 0 && bytes[length - 1]! < 0x80;
    const text =
      wasAscii && endsInAscii
        ? wholeDecoder.decode(bytes)
        : (streamDecoder ??= new TextDecoder("utf-8", LEAVE_BOM)).decode(bytes, STREAM);
    wasAscii = endsInAscii && text.length === length;
    return text;
  };
}
