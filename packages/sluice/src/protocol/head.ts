/**
 * The headers of every event stream (WHATWG HTML, section 9.2). The type needs no charset, because event streams are
 * always UTF-8. `no-transform` stops proxies from compressing, and `x-accel-buffering` stops nginx from buffering: both
 * would delay events.
 */
export const eventStreamHeaders: Readonly<Record<string, string>> = /* @__PURE__ */ Object.freeze({
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
});

/**
 * Decodes the value of a `Last-Event-ID` header.
 *
 * Clients send the ID as UTF-8 bytes (WHATWG HTML, section 9.2.3), but Node and `Headers` present header bytes as
 * Latin-1. Returns the value unchanged if its bytes are not valid UTF-8, or if it has characters beyond Latin-1.
 */
export function decodeLastEventId(headerValue: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression means the range of ASCII
  if (/^[\x00-\x7f]*$|[^\x00-\xff]/.test(headerValue)) return headerValue;
  const bytes = new Uint8Array(headerValue.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = headerValue.charCodeAt(i);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return headerValue;
  }
}

/**
 * Returns true if an `Accept-Encoding` header allows gzip (RFC 9110, section 12.5.3); `q=0` forbids it. Returns false
 * without the header: the RFC allows every coding then, but Sluice compresses only on request.
 */
export function acceptsGzip(acceptEncoding: string | null | undefined): boolean {
  return !!acceptEncoding && isAccepted(acceptEncoding, ["gzip", "x-gzip", "*"]);
}

/**
 * Returns true if the first of `names` that the header lists has a weight above 0. The most specific name comes first.
 */
function isAccepted(header: string, names: readonly string[]): boolean {
  const weights = new Map<string, number>();
  for (const element of header.toLowerCase().split(",")) {
    const [name, ...parameters] = element.split(";").map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    if (name) weights.set(name, weight === undefined ? 1 : Number.parseFloat(weight.slice(2)));
  }
  for (const name of names) {
    const weight = weights.get(name);
    if (weight !== undefined) return weight > 0;
  }
  return false;
}
