import type { CloseReason } from "../../stream/close-reason.ts";
import { openStream } from "../../stream/opening/open-stream.ts";
import type { StreamOptions } from "../../stream/opening/stream-options.ts";
import type { Source } from "../../stream/source/source.ts";
import type { StreamHub } from "../../stream/stream-hub.ts";
import { NodeExchange } from "./node-exchange.ts";
import type { NodeRequest, NodeResponse } from "./node-request.ts";

/** Answers a request of Node. Loaded with the first of them, and with it all that a stream consists of. */
export function openNodeStream(
  hub: StreamHub,
  request: NodeRequest,
  response: NodeResponse,
  source: Source,
  options: StreamOptions,
): Promise<CloseReason> {
  return openStream(hub, new NodeExchange(request, response), source, options);
}
