import { eventStreamHeaders } from "../../protocol/head.ts";
import type { StreamOptions } from "./stream-options.ts";

/**
 * Returns the headers of the response (WHATWG HTML section 9.2.4, RFC 9111 section 5.2.2). `negotiated` is true if
 * another request may get another coding. Caches must know that even if this response is not compressed (RFC 9110
 * section 12.5.5).
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
