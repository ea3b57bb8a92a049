import type { Socket } from "node:net";

/** Node's diagnostics channel that reports each new client socket. Bun has the channel and publishes nothing on it. */
const SOCKETS_MADE = "net.client.socket";

/**
 * Connects, and destroys the attempt's sockets if it fails. The NATS client drops a socket that is still connecting
 * without closing it, and does not expose it. A socket to a stopped server would keep the process alive.
 */
export async function dial<T>(connect: () => Promise<T>): Promise<T> {
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  const { subscribe, unsubscribe } = process.getBuiltinModule("node:diagnostics_channel");
  const sockets = new Set<Socket>();
  const attempt = new AsyncLocalStorage<typeof sockets>();
  // Other code of this process opens sockets too. Only the sockets of this attempt find its store.
  const onSocket = (message: unknown) => void attempt.getStore()?.add((message as { readonly socket: Socket }).socket);
  subscribe(SOCKETS_MADE, onSocket);
  try {
    return await attempt.run(sockets, connect);
  } catch (error) {
    for (const socket of sockets) socket.destroy();
    throw error;
  } finally {
    unsubscribe(SOCKETS_MADE, onSocket);
  }
}
