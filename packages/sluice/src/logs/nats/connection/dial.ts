import type { Socket } from "node:net";

/** Node's own channel, on which it tells of each socket that is made to connect somewhere. Bun has it, and says nothing on it. */
const SOCKETS_MADE = "net.client.socket";

/**
 * Connects; where that fails, no socket is left of it. The client lets go of a socket on which it dials without closing it, and shows it to
 * nobody: one to a server that stands still would keep the process alive.
 */
export async function dial<T>(connect: () => Promise<T>): Promise<T> {
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  const { subscribe, unsubscribe } = process.getBuiltinModule("node:diagnostics_channel");
  const sockets = new Set<Socket>();
  const attempt = new AsyncLocalStorage<typeof sockets>();
  // Others of this process connect too: only what comes of this attempt is in its store.
  const made = (message: unknown) => void attempt.getStore()?.add((message as { readonly socket: Socket }).socket);
  subscribe(SOCKETS_MADE, made);
  try {
    return await attempt.run(sockets, connect);
  } catch (error) {
    for (const socket of sockets) socket.destroy();
    throw error;
  } finally {
    unsubscribe(SOCKETS_MADE, made);
  }
}
