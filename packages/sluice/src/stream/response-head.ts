import { eventStreamHeaders } from "../protocol/head.ts";
import type { StreamOptions } from "./stream-options.ts";

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

/**
 * The head of the response (WHATWG HTML section 9.2.4, RFC 9111 section 5.2.2). `negotiated` says whether another request might be
 * answered with another coding, which caches must know also where this one is not compressed (RFC 9110 section 12.5.5).
 */
export function responseHead(
  { headers }: StreamOptions,
  negotiated: boolean,
  gzip: boolean,
): Readonly<Record<string, string>> {
  if (headers === undefined && !negotiated) return eventStreamHeaders;
  const head: Record<string, string> = { ...eventStreamHeaders };
  if (headers !== undefined) for (const [name, value] of Object.entries(headers)) head[name.toLowerCase()] = value;
  if (negotiated) head.vary = head.vary === undefined ? "accept-encoding" : `${head.vary}, accept-encoding`;
  if (gzip) head["content-encoding"] = "gzip";
  return head;
}
