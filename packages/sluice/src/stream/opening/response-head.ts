import { eventStreamHeaders } from "../../protocol/head.ts";
import { type HttpAnswer, lowerCased } from "../answer/http-answer.ts";
import type { StreamOptions } from "./stream-options.ts";

/**
 * Returns the headers of the response (WHATWG HTML section 9.2.4, RFC 9111 section 5.2.2). `negotiated` is true if
 * another request may get another coding. Caches must know that even if this response is not compressed (RFC 9110
 * section 12.5.5). `isShort` is true if the stream is short: its body is complete, so that a cache could keep it.
 */
export function responseHead(
  { headers }: StreamOptions,
  negotiated: boolean,
  gzip: boolean,
  isShort: boolean,
): Readonly<Record<string, string>> {
  if (headers === undefined && !negotiated && !isShort) return eventStreamHeaders;
  const head: Record<string, string> = { ...eventStreamHeaders, ...lowerCased(headers) };
  if (negotiated) head.vary = mergeVary(head.vary, "accept-encoding");
  if (gzip) head["content-encoding"] = "gzip";
  if (isShort && !/\bno-store\b/i.test(head["cache-control"] ?? "")) head["cache-control"] = "no-store, no-transform";
  return head;
}

/** Returns the answer with headers added. The answer's own headers win, and both values of `vary` are kept. */
export function withHeaders(answer: HttpAnswer, added: StreamOptions["headers"]): HttpAnswer {
  const { headers } = answer;
  const own = lowerCased(added);
  const head = { ...own, ...headers };
  if (headers.vary !== undefined) head.vary = mergeVary(own.vary, headers.vary);
  return { ...answer, headers: head };
}

/** Returns a value of `vary` that has the names of both, each once. */
export function mergeVary(known: unknown, added: string): string {
  const names = [known ?? [], added].flat().flatMap((value) => String(value).split(","));
  const byKey = new Map(names.map((name) => [name.trim().toLowerCase(), name.trim()]));
  byKey.delete("");
  return byKey.has("*") ? "*" : [...byKey.values()].join(", ");
}
