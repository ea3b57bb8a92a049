import { decodeLastEventId } from "../../protocol/head.ts";
import type { Exchange } from "./exchange.ts";

/**
 * The position from which a subscriber wants to go on: what the server says in its place, or `Last-Event-ID`, which a reconnect brings, or
 * else `?lastEventId=` of the first request's URL. An empty one is none.
 */
export function requestedPosition(exchange: Exchange, override: string | undefined): string | undefined {
  if (override !== undefined) return override || undefined;
  const header = exchange.header("last-event-id");
  if (header !== undefined && header !== "") return decodeLastEventId(header);
  const { url } = exchange;
  const query = url.indexOf("?");
  if (query < 0 || url.indexOf("lastEventId=", query) < 0) return undefined;
  const fragment = url.indexOf("#", query);
  const search = url.slice(query + 1, fragment < 0 ? undefined : fragment);
  return new URLSearchParams(search).get("lastEventId") || undefined;
}
