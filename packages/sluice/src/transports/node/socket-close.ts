import type { NodeConnection } from "./node-request.ts";

/** The callbacks of the requests that are pipelined on a connection. An entry goes with its connection. */
const CALLBACKS = new WeakMap<NodeConnection, Set<() => void>>();

/**
 * Calls `callback` when the connection closes. Returns a function that stops this. A connection gets one listener for
 * all requests that are pipelined on it, because the runtime warns of a leak at the eleventh.
 */
export function onSocketClose(socket: NodeConnection | null | undefined, callback: () => void): () => void {
  if (!socket?.on) return () => undefined;
  const callbacks = CALLBACKS.get(socket) ?? listen(socket);
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

function listen(socket: NodeConnection): Set<() => void> {
  const callbacks = new Set<() => void>();
  CALLBACKS.set(socket, callbacks);
  socket.on?.("close", () => {
    for (const callback of [...callbacks]) callback();
  });
  return callbacks;
}
