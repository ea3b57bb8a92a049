import type { StreamHub } from "../../stream/stream-hub.ts";
import { Http2Sessions } from "./http2-sessions.ts";
import type { NodeHttp2Session } from "./node-request.ts";

/** Adds the session of a request on HTTP/2 to the sessions that a drain closes. */
export function watchSession(hub: StreamHub, session: NodeHttp2Session): void {
  hub.sessions ??= new Http2Sessions(hub);
  (hub.sessions as Http2Sessions).watch(session);
}
