import { decodeLastEventId } from "../../protocol/head.ts";
import type { Exchange } from "./exchange.ts";
import { queryParameter } from "./query-parameter.ts";

/**
 * Returns the position from which a subscriber resumes: the server's `override`, else the header `Last-Event-ID` of a
 * reconnect, else `?lastEventId=` in the URL of a first request. An empty override means no position. An empty header
 * counts as absent.
 */
export function requestedPosition(exchange: Exchange, override: string | undefined): string | undefined {
  if (override !== undefined) return override || undefined;
  const header = exchange.header("last-event-id");
  if (header !== undefined && header !== "") return decodeLastEventId(header);
  return queryParameter(exchange.url, "lastEventId");
}
