/**
 * The head of every event stream (WHATWG HTML, section 9.2). The type needs no charset, because event streams are UTF-8
 * always; `no-transform` keeps proxies from compressing, `x-accel-buffering` nginx from buffering: both would hold
 * events back.
 */
export const eventStreamHeaders: Readonly<Record<string, string>> = /* @__PURE__ */ Object.freeze({
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
});

/**
 * The last event ID that a client meant by the value of its `Last-Event-ID` header.
 *
 * A client sends the ID's UTF-8 bytes (WHATWG HTML, section 9.2.3), but Node and `Headers` show header bytes as
 * Latin-1. Bytes that are not valid UTF-8, and text that cannot have been bytes, are left as they came.
 */
export function decodeLastEventId(headerValue: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII is what is meant
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
 * Whether an `Accept-Encoding` header allows gzip (RFC 9110, section 12.5.3); `q=0` forbids it. By the standard no
 * header allows anything, but who does not ask gets no compression.
 */
export function acceptsGzip(acceptEncoding: string | null | undefined): boolean {
  return !!acceptEncoding && isAccepted(acceptEncoding, ["gzip", "x-gzip", "*"]);
}

/** Whether the first of `names` (the most specific first) that the header lists has a weight above 0. */
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
