/** A header value on one line. Any other value could inject lines. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
export const HEADER_NAME: RegExp = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i;

/** Headers that determine how the body is sent. Only Sluice and the server set them. */
export const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "content-length",
  "content-type",
  "content-encoding",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "proxy-connection",
  "http2-settings",
  "upgrade",
  "trailer",
]);

export function isHeaderValue(value: unknown): value is string {
  return typeof value === "string" && HEADER_VALUE.test(value);
}

/** Returns true if a header can be sent and is not reserved. `name` is in lower case. */
export function isSoundHeader(name: string, value: unknown): value is string {
  return HEADER_NAME.test(name) && !RESERVED_HEADERS.has(name) && isHeaderValue(value);
}
