import { CONNECTION_HEADERS, type NodeResponse } from "./node-request.ts";

/**
 * Removes the headers of the connection that other code set. On HTTP/1, `connection: close` holds, and the body stays
 * in chunks: Node sends no `transfer-encoding` of its own after one was removed, and the body would have no end.
 */
export function settleConnectionHeaders(response: NodeResponse, hasBody: boolean): void {
  for (const name of CONNECTION_HEADERS) {
    if (!response.hasHeader(name)) continue;
    const kept = response.stream === undefined ? keptValue(response, name, hasBody) : undefined;
    if (kept === undefined) response.removeHeader(name);
    else response.setHeader(name, kept);
  }
}

function keptValue(response: NodeResponse, name: string, hasBody: boolean): string | undefined {
  if (name === "connection" && /\bclose\b/i.test(String(response.getHeader(name)))) return "close";
  return hasBody && name === "transfer-encoding" && response.useChunkedEncodingByDefault ? "chunked" : undefined;
}
