import type { StreamHub } from "../../../stream/stream-hub.ts";
import { Http2Sessions } from "./http2-sessions.ts";

/** The key of the sessions among the connections of a hub. */
const KEY = "http2";

/** Returns the sessions of HTTP/2 that a drain closes. */
export function sessionsOf(hub: StreamHub): Http2Sessions {
  const known = hub.connections.get(KEY);
  if (known !== undefined) return known as Http2Sessions;
  const sessions = new Http2Sessions(hub);
  hub.connections.set(KEY, sessions);
  return sessions;
}
