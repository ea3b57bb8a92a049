import { ignore } from "../../base/errors/guard.ts";
import type { CloseReason } from "../../stream/close-reason.ts";
import { checkStreamOptions } from "../../stream/opening/check-stream-options.ts";
import { openStream } from "../../stream/opening/open-stream.ts";
import type { StreamOptions } from "../../stream/opening/stream-options.ts";
import type { Source } from "../../stream/source/source.ts";
import type { StreamHub } from "../../stream/stream-hub.ts";
import { sessionsOf } from "./connections/sessions-of.ts";
import { NodeExchange } from "./node-exchange.ts";
import type { NodeRequest, NodeResponse } from "./node-request.ts";

export { watchServer } from "./connections/watch-server.ts";

/** A request of Node with its response, and the stream that answers it. */
export interface NodeStreamRequest {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly source: Source;
  readonly options: StreamOptions;
}

/**
 * Answers a request of Node. Throws `INVALID_OPTION` before anything is answered. This module is loaded with the first
 * such request, and with it all code of streams.
 */
export function openNodeStream(
  hub: StreamHub,
  { request, response, source, options }: NodeStreamRequest,
): Promise<CloseReason> {
  checkStreamOptions(options);
  const session = response.stream?.session;
  const connection = session && sessionsOf(hub).watch(session);
  const closed = openStream(hub, new NodeExchange(request, response, options, connection), source, options);
  // Callers need not await the promise. It must not end the process.
  if ((options.throws ?? hub.settings.throws) !== undefined) closed.catch(ignore);
  return closed;
}
