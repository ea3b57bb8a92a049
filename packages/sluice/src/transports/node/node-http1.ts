import type { Sink, SinkOwner } from "../../stream/body/sink.ts";
import type { BodyOptions } from "../../stream/opening/exchange.ts";
import type { NodeResponse } from "./node-request.ts";
import { NodeResponseSink } from "./node-response.ts";
import { NodeSocketSink } from "./node-socket.ts";

/** A sink that is told when its connection has closed. */
export interface NodeSink extends Sink {
  closed(): void;
}

/** Sends the head of a response on HTTP/1.1 and chooses how its body is sent. */
export function openHttp1(
  response: NodeResponse,
  headers: Readonly<Record<string, string>>,
  { highWaterMark, gzip }: BodyOptions,
  owner: SinkOwner,
): NodeSink {
  const { socket } = response;
  const ownsBody = NODE_WRITE !== undefined && response.write === NODE_WRITE && !response.hasHeader("content-encoding");
  // Held until the first block is written (`opened`), so that it and the head leave in one packet.
  socket?.cork();
  try {
    response.writeHead(200, headers as Record<string, string>);
    response.flushHeaders?.();
    if (socket !== null && ownsBody && response.chunkedEncoding === true) {
      return new NodeSocketSink(response, socket, highWaterMark, gzip, owner);
    }
    return new NodeResponseSink(response, gzip, owner);
  } catch (error) {
    socket?.uncork();
    // With its head on the way there is no other answer.
    if (response.headersSent) response.destroy();
    throw error;
  }
}

/** Node's own `ServerResponse.prototype.write`; absent elsewhere, also where a runtime only imitates Node. */
const NODE_WRITE: unknown = findNodeWrite();

function findNodeWrite(): unknown {
  const { process, Bun, Deno } = globalThis as {
    process?: { getBuiltinModule?(name: string): unknown };
    Bun?: unknown;
    Deno?: unknown;
  };
  if (Bun !== undefined || Deno !== undefined) return undefined;
  const http = process?.getBuiltinModule?.("node:http") as
    | { ServerResponse?: { prototype: { write: unknown } } }
    | undefined;
  return http?.ServerResponse?.prototype.write;
}
