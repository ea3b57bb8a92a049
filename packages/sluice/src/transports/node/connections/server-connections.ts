import { quietInterval } from "../../../base/time/timers.ts";

/** A server whose connections can be cut. */
export interface ServerOfConnections {
  /** Absent from servers of HTTP/2. */
  closeAllConnections?(): void;
}

/** A server whose owner closes it. */
export interface ClosableServer extends ServerOfConnections {
  readonly listening: boolean;
  once(event: "close", listener: () => void): unknown;
}

const STEP_MS = 50;

/** The part of a server's connection that Sluice uses. */
interface Connection {
  readonly server?: unknown;
  /** Number of bytes received. On TLS, the socket of the server's request counts the decrypted bytes alone. */
  readonly bytesRead?: number;
  destroy(): unknown;
}

/** Cuts the connections on which no byte of a request has arrived. Browsers open them in advance. */
export function cutUnused(server: ServerOfConnections): void {
  for (const connection of [...acceptedBy(server), ...requestsOf(server)])
    if (connection.bytesRead === 0) connection.destroy();
}

/**
 * Cuts the unused connections of a server, as `cutUnused`, from the time at which its owner closes it. Does nothing if
 * the server does not listen.
 */
export function cutUnusedOnClose(server: ClosableServer | undefined): void {
  if (!server?.listening) return;
  const timer = quietInterval(() => server.listening || cutUnused(server), STEP_MS);
  server.once("close", () => clearInterval(timer));
}

/** Cuts all connections. */
export function cutConnections(server: ServerOfConnections): void {
  server.closeAllConnections?.();
  for (const connection of acceptedBy(server)) connection.destroy();
}

/**
 * Returns the connections that a server has accepted. Not documented, like what follows; without it, connections that
 * send nothing stay open until the drain's timeout, or until their clients leave.
 */
function acceptedBy(server: ServerOfConnections): Connection[] {
  const { process } = globalThis as { process?: { _getActiveHandles?(): Connection[] } };
  return process?._getActiveHandles?.().filter((handle) => handle.server === server) ?? [];
}

/** Returns the connections on which a server parses requests of HTTP/1.1. On TLS, they are decrypted. */
function requestsOf(server: ServerOfConnections): Connection[] {
  const symbol = Object.getOwnPropertySymbols(server).find(({ description }) => description === PARSERS);
  if (symbol === undefined) return [];
  const parsers = (server as Record<symbol, { all?(): { readonly socket?: Connection }[] } | undefined>)[symbol];
  return parsers?.all?.().flatMap(({ socket }) => socket ?? []) ?? [];
}

/** Describes the symbol of Node under which a server keeps its parsers. */
const PARSERS = "http.server.connections";
