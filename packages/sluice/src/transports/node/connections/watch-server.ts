import type { DrainableServer } from "../../../stream/ending/drain-options.ts";
import { endInOrder } from "../../../stream/ending/end-in-order.ts";
import type { StreamHub } from "../../../stream/stream-hub.ts";
import { ClosingServer, type NodeServer } from "./closing-server.ts";

/** Adds a server to the connections that a drain closes. Loaded with the first stream on Node, or by a drain. */
export function watchServer(hub: StreamHub, server: DrainableServer): void {
  hub.endInOrder ??= endInOrder;
  if (hub.connections.has(server)) return;
  const closing = new ClosingServer(hub, server as NodeServer);
  hub.connections.set(server, closing);
  // The drain has begun while this code was loaded.
  if (hub.refusing) closing.close();
}
