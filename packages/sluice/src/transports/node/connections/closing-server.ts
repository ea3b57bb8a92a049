import { sleep } from "../../../base/time/timers.ts";
import type { SharedConnections, StreamHub } from "../../../stream/stream-hub.ts";
import type { NodeHttp2Server, NodeHttp2Stream, NodeResponse } from "../node-request.ts";
import { cutConnections, cutUnused, type ServerOfConnections } from "./server-connections.ts";
import { sessionsOf } from "./sessions-of.ts";

/** The part of a server of `node:http`, `node:https` or `node:http2` that Sluice uses. */
export interface NodeServer extends ServerOfConnections, Omit<NodeHttp2Server, "on"> {
  /** Closes connections of HTTP/1.1 that wait for their next request. */
  closeIdleConnections?(): void;
  close(): unknown;
  listenerCount?(event: string): number;
  // biome-ignore lint/suspicious/noExplicitAny: each kind of server has its own listeners
  on(event: string, listener: (...args: any[]) => void): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as for `on`
  prependListener?(event: string, listener: (...args: any[]) => void): unknown;
}

const STEP_MS = 50;

/**
 * The connections of a server that a drain closes. `server.close()` alone leaves connections that have not sent a
 * request, and on Node 20 all sessions of HTTP/2, so that the process would not end.
 * See docs/decisions/090-a-drain-closes-the-server.md.
 */
export class ClosingServer implements SharedConnections {
  readonly #hub: StreamHub;
  readonly #server: NodeServer;
  #isClosing = false;
  #isClosed = false;

  constructor(hub: StreamHub, server: NodeServer) {
    this.#hub = hub;
    this.#server = server;
  }

  close(): void {
    const server = this.#server;
    if (this.#isClosing) return;
    this.#isClosing = true;
    const sessions = sessionsOf(this.#hub);
    sessions.watchServer(server as NodeHttp2Server);
    // A session that the server accepted before it was watched shows itself by its next request.
    server.on("stream", ({ session }: NodeHttp2Stream) => session && sessions.watch(session));
    // A server of HTTP/2 without a listener makes no requests.
    if (server.listenerCount?.("request") === 0) return;
    server.prependListener?.("request", (_request: unknown, response: NodeResponse) => {
      if (response.stream === undefined && !response.headersSent) response.setHeader("connection", "close");
    });
  }

  async finish(ms: number): Promise<void> {
    const server = this.#server;
    const start = performance.now();
    server.on("close", () => {
      this.#isClosed = true;
    });
    server.close();
    while (!this.#isClosed && performance.now() - start < ms) {
      server.closeIdleConnections?.();
      cutUnused(server);
      await sleep(STEP_MS);
    }
    if (!this.#isClosed) cutConnections(server);
  }
}
