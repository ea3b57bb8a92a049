// Stateless, for it never streams; so all parsers may share it.
const wholeDecoder: TextDecoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });
const STREAM = { stream: true };

/**
 * Returns a function that decodes the UTF-8 of one stream, chunk by chunk: bytes that are not UTF-8 become U+FFFD, a
 * character cut in two comes with its second half, and a byte order mark is left in (WHATWG Encoding, section 6).
 *
 * Node decodes a whole text of ASCII at five times the speed of a streamed one, but anything else at half. So a chunk that
 * begins and ends between characters is decoded as a whole as long as the chunk before it was ASCII (bench/parser).
 */
export function createUtf8Decoder(): (bytes: Uint8Array) => string {
  let streamDecoder: TextDecoder | undefined;
  let isBetweenCharacters = true;
  let wasAscii = true;
  return (bytes) => {
    const { length } = bytes;
    if (length === 0) return "";
    const endsInAscii = bytes[length - 1]! < 0x80;
    let text: string;
    if (isBetweenCharacters && endsInAscii && wasAscii) text = wholeDecoder.decode(bytes);
    else text = (streamDecoder ??= new TextDecoder("utf-8", { ignoreBOM: true })).decode(bytes, STREAM);
    isBetweenCharacters = endsInAscii;
    wasAscii = text.length === length;
    return text;
  };
}
