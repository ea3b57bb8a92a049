import type { SinkOwner } from "../../../stream/body/sink.ts";
import type { BodyOptions } from "../../../stream/opening/exchange.ts";
import { IS_NODE } from "../is-node.ts";
import type { NodeResponse } from "../node-request.ts";
import type { NodeSink } from "./node-sink.ts";
import { ResponseSink } from "./response-sink.ts";
import { SocketSink } from "./socket-sink.ts";

/** Sends the head of a response on HTTP/1, and chooses the sink for its body. */
export function openHttp1(
  response: NodeResponse,
  headers: Readonly<Record<string, string>>,
  options: BodyOptions,
  owner: SinkOwner,
): NodeSink {
  const { socket } = response;
  const ownsBody = NODE_WRITE !== undefined && response.write === NODE_WRITE && !response.hasHeader("content-encoding");
  // Corked until the first block is written (`opened`), so that the head and that block leave in one packet.
  socket?.cork();
  try {
    response.writeHead(200, headers as Record<string, string>);
    response.flushHeaders?.();
    if (socket !== null && ownsBody && response.chunkedEncoding === true) {
      return new SocketSink(response, socket, options, owner);
    }
    return new ResponseSink(response, options.gzip, owner);
  } catch (error) {
    socket?.uncork();
    // Once the head is on its way, no other answer is possible.
    if (response.headersSent) response.destroy();
    throw error;
  }
}

/** Node's own `ServerResponse.prototype.write`; `undefined` on other runtimes, even if they imitate Node. */
const NODE_WRITE: unknown = findNodeWrite();

function findNodeWrite(): unknown {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  if (!IS_NODE) return undefined;
  const http = process?.getBuiltinModule?.("node:http") as
    | { ServerResponse?: { prototype: { write: unknown } } }
    | undefined;
  return http?.ServerResponse?.prototype.write;
}
