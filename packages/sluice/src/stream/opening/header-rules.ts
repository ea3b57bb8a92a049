/** A value that could end its line would write the lines after it. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
export const HEADER_NAME: RegExp = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i;

/** They say how the body is sent, which is ours and the server's to say. */
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

/** Whether a header, its name in lower case, can be sent and is not ours to say. */
export function isSoundHeader(name: string, value: unknown): value is string {
  return HEADER_NAME.test(name) && !RESERVED_HEADERS.has(name) && isHeaderValue(value);
}
