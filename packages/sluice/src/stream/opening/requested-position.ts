import { decodeLastEventId } from "../../protocol/head.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Returns the position from which a subscriber resumes: the server's `override`, else the header `Last-Event-ID` of a
 * reconnect, else `?lastEventId=` in the URL of a first request. An empty override means no position. An empty header
 * counts as absent.
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
